package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.cpu.RowParts.Key;
import dev.mmib.cpu.RowParts.Pass;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.softmax_backward;
import org.bytedeco.dnnl.softmax_forward;

/** Softmax along rows by oneDNN, and its gradient. */
final class OneDnnSoftmax {

  private final OneDnn oneDnn;
  private final RowParts parts;

  OneDnnSoftmax(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
    this.parts = new RowParts(oneDnn);
  }

  void forward(Buffer x, Buffer y, int rows, int cols) {
    parts.run(
        Pass.SOFTMAX,
        rows,
        cols,
        0,
        OneDnnSoftmax::composeForward,
        (plan, from) -> {
          long at = (long) from * cols;
          plan.runAt(new long[] {at, at}, x, y);
        });
  }

  /** {@code y = softmax(x)}, slots x and y; one for each number, to be run by one thread. */
  Plan forwardPlan(int number, int rows, int cols) {
    Key key = new Key(Pass.SOFTMAX, number, rows, cols, 0);
    return oneDnn.serialPlan(key, builder -> composeForward(builder, key));
  }

  /** The gradient, slots y, dy and dx; likewise. */
  Plan backwardPlan(int number, int rows, int cols) {
    Key key = new Key(Pass.SOFTMAX_GRAD, number, rows, cols, 0);
    return oneDnn.serialPlan(key, builder -> composeBackward(builder, key));
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

  void backward(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    parts.run(
        Pass.SOFTMAX_GRAD,
        rows,
        cols,
        0,
        OneDnnSoftmax::composeBackward,
        (plan, from) -> {
          long at = (long) from * cols;
          plan.runAt(new long[] {at, at, at}, y, dy, dx);
        });
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
}
