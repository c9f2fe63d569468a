package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.host.Scratch;
import dev.mmib.cpu.RowParts.Key;
import dev.mmib.cpu.RowParts.Pass;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.layer_normalization_backward;
import org.bytedeco.dnnl.layer_normalization_forward;
import org.bytedeco.dnnl.memory;

/**
 * Layer normalization along rows by oneDNN, and its gradients.
 *
 * <p>Works through blocks of rows, whose borders depend on sizes alone: what comes before it or
 * after it is done to a block while it is in the cache of its thread.
 */
final class OneDnnLayerNorm {

  /** Rows of a block. */
  private static final int BLOCK = 16;

  /** Rows of a block in the backward pass, which leaves sums for each. */
  private static final int GRAD_BLOCK = 64;

  /** What is done to elements of a block of rows, too. */
  static final Workers.Range NOTHING = (from, to) -> {};

  private final OneDnn oneDnn;

  OneDnnLayerNorm(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
  }

  private static int blocks(int rows, int size) {
    return (rows + size - 1) / size;
  }

  /** The plans of a lane: for a whole block, and for the last. */
  private Plan[] plans(
      Pass pass, int rows, int size, int cols, double eps, BiConsumer<Plan.Builder, Key> compose) {
    int lanes = oneDnn.lanes(blocks(rows, size));
    var plans = new Plan[2 * lanes];
    int whole = Math.min(size, rows);
    int last = (rows - 1) % size + 1;
    for (int i = 0; i < plans.length; i++) {
      if (i >= lanes && last == whole) {
        plans[i] = plans[i - lanes];
        continue;
      }
      Key key = new Key(pass, i % lanes, i < lanes ? whole : last, cols, (float) eps);
      plans[i] = oneDnn.serialPlan(key, builder -> compose.accept(builder, key));
    }
    return plans;
  }

  private static int roomFloats(Plan[] plans) {
    int most = 0;
    for (Plan plan : plans) {
      most = Math.max(most, plan.roomFloats());
    }
    return most;
  }

  /**
   * Normalizes.
   *
   * @param before makes the elements {@code [from, to)} of x
   */
  void forward(
      Workers.Range before,
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    Plan[] plans = plans(Pass.LAYER_NORM, rows, BLOCK, cols, eps, OneDnnLayerNorm::composeForward);
    long from = reading(x);
    long scales = reading(gamma);
    long shifts = reading(beta);
    long to = writing(y);
    long means = writing(mean);
    long variances = writing(invStd);
    FloatBuffer statistics = HostBuffer.floats(invStd);
    int temporary = roomFloats(plans);
    try (OffHeapBuffer room = oneDnn.memory().allocate(DType.F32, temporary * plans.length / 2)) {
      long free = writing(room);
      oneDnn.forEachInLanes(
          blocks(rows, BLOCK),
          (lane, block) -> {
            int begin = block * BLOCK;
            int end = Math.min(rows, begin + BLOCK);
            before.run(begin * cols, end * cols);
            Plan plan = plans[end - begin == BLOCK ? lane : plans.length / 2 + lane];
            plan.place(0, from + 4L * begin * cols);
            plan.place(1, scales);
            plan.place(2, shifts);
            plan.place(3, to + 4L * begin * cols);
            plan.place(4, means + 4L * begin);
            plan.place(5, variances + 4L * begin); // of which invStd is made here:
            plan.runPlaced(free + 4L * lane * temporary);
            for (int i = begin; i < end; i++) {
              statistics.put(i, (float) (1 / Math.sqrt(statistics.get(i) + eps)));
            }
          });
    }
  }

  private static long reading(Buffer buffer) {
    return OffHeapBuffer.of(buffer).reading().address();
  }

  private static long writing(Buffer buffer) {
    return OffHeapBuffer.of(buffer).pointer().address();
  }

  private static layer_normalization_forward.primitive_desc forwardDesc(
      Plan.Builder plan, Key key, memory.desc dense) {
    return new layer_normalization_forward.primitive_desc(
        plan.engine(),
        dnnl.prop_kind.forward_training.value,
        dense,
        dense,
        plan.dense(key.rows()),
        key.eps(),
        scaleAndShift(),
        plan.attributes(),
        false);
  }

  private static int scaleAndShift() {
    return dnnl.normalization_flags.use_scale.value | dnnl.normalization_flags.use_shift.value;
  }

  private static void composeForward(Plan.Builder plan, Key key) {
    memory.desc dense = plan.dense(key.rows(), key.cols());
    memory.desc perRow = plan.dense(key.rows());
    memory.desc perCol = plan.dense(key.cols());
    var desc = forwardDesc(plan, key, dense);
    plan.step(
        desc,
        new layer_normalization_forward(desc),
        dnnl.DNNL_ARG_SRC,
        plan.slot(dense),
        dnnl.DNNL_ARG_SCALE,
        plan.slot(perCol),
        dnnl.DNNL_ARG_SHIFT,
        plan.slot(perCol),
        dnnl.DNNL_ARG_DST,
        plan.slot(dense),
        dnnl.DNNL_ARG_MEAN,
        plan.slot(perRow),
        dnnl.DNNL_ARG_VARIANCE,
        plan.slot(perRow));
  }

  /**
   * Gives oneDNN 1/invStd² as the variance and no epsilon: nothing cancels. Every block leaves its
   * sums over rows, which are added in their order.
   *
   * @param after takes the elements {@code [from, to)} of dx further
   */
  void backward(
      Buffer x,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Workers.Range after,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    Plan[] plans =
        plans(Pass.LAYER_NORM_GRAD, rows, GRAD_BLOCK, cols, 0, OneDnnLayerNorm::composeBackward);
    int blocks = blocks(rows, GRAD_BLOCK);
    int temporary = roomFloats(plans);
    int size = (rows + 2 * Math.multiplyExact(blocks, cols) + 15) / 16 * 16; // whole cache lines
    try (OffHeapBuffer room =
        oneDnn.memory().allocate(DType.F32, size + temporary * plans.length / 2)) {
      long from = reading(x);
      long scales = reading(gamma);
      long means = reading(mean);
      long upstream = reading(dy);
      long to = writing(dx);
      long variances = writing(room);
      long sums = variances + 4L * rows;
      FloatBuffer inverse = HostBuffer.floats(invStd);
      FloatBuffer numbers = room.floats();
      oneDnn.forEachInLanes(
          blocks,
          (lane, block) -> {
            int begin = block * GRAD_BLOCK;
            int end = Math.min(rows, begin + GRAD_BLOCK);
            for (int i = begin; i < end; i++) {
              double factor = inverse.get(i);
              numbers.put(i, (float) (1 / (factor * factor)));
            }
            Plan plan = plans[end - begin == GRAD_BLOCK ? lane : plans.length / 2 + lane];
            plan.place(0, from + 4L * begin * cols);
            plan.place(1, scales);
            plan.place(2, means + 4L * begin);
            plan.place(3, variances + 4L * begin);
            plan.place(4, upstream + 4L * begin * cols);
            plan.place(5, to + 4L * begin * cols);
            plan.place(6, sums + 4L * block * cols);
            plan.place(7, sums + 4L * (blocks + block) * cols);
            plan.runPlaced(variances + 4L * (size + lane * temporary));
            after.run(begin * cols, end * cols);
          });
      addUp(numbers, rows, blocks, cols, HostBuffer.floats(dgamma));
      addUp(numbers, rows + blocks * cols, blocks, cols, HostBuffer.floats(dbeta));
    }
  }

  private static void addUp(FloatBuffer sums, int at, int blocks, int cols, FloatBuffer to) {
    float[] row = Scratch.floats(0, cols);
    double[] total = Scratch.doubles(0, cols);
    Arrays.fill(total, 0, cols, 0);
    for (int block = 0; block < blocks; block++) {
      sums.get(at + block * cols, row, 0, cols);
      for (int i = 0; i < cols; i++) {
        total[i] += row[i];
      }
    }
    for (int i = 0; i < cols; i++) {
      row[i] = (float) total[i];
    }
    to.put(0, row, 0, cols);
  }

  private static void composeBackward(Plan.Builder plan, Key key) {
    memory.desc dense = plan.dense(key.rows(), key.cols());
    memory.desc perRow = plan.dense(key.rows());
    memory.desc perCol = plan.dense(key.cols());
    var hint = plan.keep(forwardDesc(plan, key, dense));
    var desc =
        new layer_normalization_backward.primitive_desc(
            plan.engine(),
            dnnl.prop_kind.backward.value,
            dense,
            dense,
            dense,
            perRow,
            key.eps(),
            scaleAndShift(),
            hint,
            plan.attributes(),
            false);
    plan.step(
        desc,
        new layer_normalization_backward(desc),
        dnnl.DNNL_ARG_SRC,
        plan.slot(dense),
        dnnl.DNNL_ARG_SCALE,
        plan.slot(perCol),
        dnnl.DNNL_ARG_MEAN,
        plan.slot(perRow),
        dnnl.DNNL_ARG_VARIANCE,
        plan.slot(perRow),
        dnnl.DNNL_ARG_DIFF_DST,
        plan.slot(dense),
        dnnl.DNNL_ARG_DIFF_SRC,
        plan.slot(dense),
        dnnl.DNNL_ARG_DIFF_SCALE,
        plan.slot(perCol),
        dnnl.DNNL_ARG_DIFF_SHIFT,
        plan.slot(perCol));
  }
}
