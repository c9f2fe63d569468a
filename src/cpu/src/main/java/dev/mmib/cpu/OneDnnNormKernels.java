package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.NormKernels;
import java.nio.FloatBuffer;
import java.util.function.BiConsumer;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.layer_normalization_backward;
import org.bytedeco.dnnl.layer_normalization_forward;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.softmax_backward;
import org.bytedeco.dnnl.softmax_forward;
import org.jspecify.annotations.Nullable;

/**
 * Softmax and layer norm by oneDNN.
 *
 * <p>Batch norm and the logarithm of softmax are the host's: oneDNN's is good to 10⁻⁵ only.
 */
final class OneDnnNormKernels implements NormKernels {

  private final OneDnn oneDnn;
  private final NormKernels host;

  OneDnnNormKernels(OneDnn oneDnn, NormKernels host) {
    this.oneDnn = oneDnn;
    this.host = host;
  }

  /** Rows that are worth a thread, together. */
  private static final int FLOATS_PER_PART = 1 << 14;

  private enum Pass {
    SOFTMAX,
    SOFTMAX_GRAD,
    LAYER_NORM,
    LAYER_NORM_GRAD
  }

  /** Parts have plans of their own, since they run at the same time. */
  private record Key(Pass pass, int part, int rows, int cols, float eps) {}

  /** Does rows {@code [from, from + key.rows())}. */
  private interface Part {
    void run(Plan plan, int from);
  }

  /** Cuts rows into a part for each thread, if they are worth it. */
  private void byRows(
      Pass pass, int rows, int cols, float eps, BiConsumer<Plan.Builder, Key> compose, Part body) {
    long worth = Math.max(1, (long) rows * cols / FLOATS_PER_PART);
    int parts = (int) Math.min(Math.min(oneDnn.threads(), worth), rows);
    int size = (rows + parts - 1) / parts;
    var plans = new Plan[(rows + size - 1) / size];
    for (int i = 0; i < plans.length; i++) {
      Key key = new Key(pass, i, Math.min(size, rows - i * size), cols, eps);
      plans[i] = oneDnn.serialPlan(key, builder -> compose.accept(builder, key));
    }
    oneDnn.forEach(plans.length, i -> body.run(plans[i], i * size));
  }

  @Override
  public void softmax(Buffer x, Buffer y, int rows, int cols) {
    if (rows > 0 && cols > 0) {
      byRows(
          Pass.SOFTMAX,
          rows,
          cols,
          0,
          OneDnnNormKernels::composeForward,
          (plan, from) -> {
            long at = (long) from * cols;
            plan.runAt(new long[] {at, at}, x, y);
          });
    }
  }

  @Override
  public void logSoftmax(Buffer x, Buffer y, int rows, int cols) {
    host.logSoftmax(x, y, rows, cols);
  }

  private static softmax_forward.primitive_desc forwardDesc(Plan.Builder plan, memory.desc dense) {
    return new softmax_forward.primitive_desc(
        plan.engine(),
        dnnl.prop_kind.forward_training,
        dnnl.algorithm.softmax_accurate,
        dense,
        dense,
        1,
        plan.attributes(),
        false);
  }

  private static void composeForward(Plan.Builder plan, Key key) {
    memory.desc dense = plan.dense(key.rows(), key.cols());
    var desc = forwardDesc(plan, dense);
    plan.step(
        desc,
        new softmax_forward(desc),
        dnnl.DNNL_ARG_SRC,
        plan.slot(dense),
        dnnl.DNNL_ARG_DST,
        plan.slot(dense));
  }

  @Override
  public void softmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    if (rows > 0 && cols > 0) {
      byRows(
          Pass.SOFTMAX_GRAD,
          rows,
          cols,
          0,
          OneDnnNormKernels::composeBackward,
          (plan, from) -> {
            long at = (long) from * cols;
            plan.runAt(new long[] {at, at, at}, y, dy, dx);
          });
    }
  }

  @Override
  public void logSoftmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    host.logSoftmaxGrad(y, dy, dx, rows, cols);
  }

  private static void composeBackward(Plan.Builder plan, Key key) {
    memory.desc dense = plan.dense(key.rows(), key.cols());
    var hint = plan.keep(forwardDesc(plan, dense));
    var desc =
        new softmax_backward.primitive_desc(
            plan.engine(),
            dnnl.algorithm.softmax_accurate,
            dense,
            dense,
            dense,
            1,
            hint,
            plan.attributes(),
            false);
    plan.step(
        desc,
        new softmax_backward(desc),
        dnnl.DNNL_ARG_DST,
        plan.slot(dense),
        dnnl.DNNL_ARG_DIFF_DST,
        plan.slot(dense),
        dnnl.DNNL_ARG_DIFF_SRC,
        plan.slot(dense));
  }

  @Override
  public void layerNorm(
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    if (rows == 0 || cols == 0) {
      host.layerNorm(x, gamma, beta, eps, y, mean, invStd, rows, cols);
      return;
    }
    byRows(
        Pass.LAYER_NORM,
        rows,
        cols,
        (float) eps,
        OneDnnNormKernels::composeLayer,
        (plan, from) -> {
          long at = (long) from * cols;
          // Leaves the variance in invStd.
          plan.runAt(new long[] {at, 0, 0, at, from, from}, x, gamma, beta, y, mean, invStd);
        });
    FloatBuffer statistics = HostBuffer.floats(invStd);
    for (int i = 0; i < rows; i++) {
      statistics.put(i, (float) (1 / Math.sqrt(statistics.get(i) + eps)));
    }
  }

  private static layer_normalization_forward.primitive_desc layerDesc(
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

  private static void composeLayer(Plan.Builder plan, Key key) {
    memory.desc dense = plan.dense(key.rows(), key.cols());
    memory.desc perRow = plan.dense(key.rows());
    memory.desc perCol = plan.dense(key.cols());
    var desc = layerDesc(plan, key, dense);
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

  /** Gives oneDNN 1/invStd² as the variance and no epsilon: nothing cancels. */
  @Override
  public void layerNormGrad(
      Buffer x,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    if (rows == 0 || cols == 0) {
      host.layerNormGrad(x, gamma, mean, invStd, dy, dx, dgamma, dbeta, rows, cols);
      return;
    }
    // Sums over rows, so it is in one part; no epsilon, see above.
    Key key = new Key(Pass.LAYER_NORM_GRAD, 0, rows, cols, 0);
    Plan plan = oneDnn.serialPlan(key, builder -> composeLayerGrad(builder, key));
    try (OffHeapBuffer variance = oneDnn.memory().allocate(DType.F32, rows)) {
      FloatBuffer from = HostBuffer.floats(invStd);
      FloatBuffer to = variance.floats();
      for (int i = 0; i < rows; i++) {
        double inverse = from.get(i);
        to.put(i, (float) (1 / (inverse * inverse)));
      }
      oneDnn.forEach(
          1, only -> plan.runAt(new long[8], x, gamma, mean, variance, dy, dx, dgamma, dbeta));
    }
  }

  private static void composeLayerGrad(Plan.Builder plan, Key key) {
    memory.desc dense = plan.dense(key.rows(), key.cols());
    memory.desc perRow = plan.dense(key.rows());
    memory.desc perCol = plan.dense(key.cols());
    var hint = plan.keep(layerDesc(plan, key, dense));
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

  @Override
  public void batchStatistics(Channels size, Buffer x, Buffer mean, Buffer variance) {
    host.batchStatistics(size, x, mean, variance);
  }

  @Override
  public void batchNorm(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y) {
    host.batchNorm(size, x, mean, variance, gamma, beta, eps, y);
  }

  @Override
  public void batchNormGrad(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      double eps,
      boolean statisticsOfX,
      Buffer dy,
      @Nullable Buffer dx,
      Buffer dgamma,
      Buffer dbeta) {
    host.batchNormGrad(size, x, mean, variance, gamma, eps, statisticsOfX, dy, dx, dgamma, dbeta);
  }
}
