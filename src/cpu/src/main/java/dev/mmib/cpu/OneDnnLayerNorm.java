package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.cpu.RowParts.Key;
import dev.mmib.cpu.RowParts.Pass;
import java.nio.FloatBuffer;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.layer_normalization_backward;
import org.bytedeco.dnnl.layer_normalization_forward;
import org.bytedeco.dnnl.memory;

/** Layer normalization along rows by oneDNN, and its gradients. */
final class OneDnnLayerNorm {

  private final OneDnn oneDnn;
  private final RowParts parts;

  OneDnnLayerNorm(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
    this.parts = new RowParts(oneDnn);
  }

  void forward(
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    parts.run(
        Pass.LAYER_NORM,
        rows,
        cols,
        (float) eps,
        OneDnnLayerNorm::composeForward,
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

  /** Gives oneDNN 1/invStd² as the variance and no epsilon: nothing cancels. */
  void backward(
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
    // Sums over rows, so it is in one part; no epsilon, see above.
    Key key = new Key(Pass.LAYER_NORM_GRAD, 0, rows, cols, 0);
    Plan plan = oneDnn.serialPlan(key, builder -> composeBackward(builder, key));
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
