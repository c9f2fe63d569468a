package dev.mmib.op;

import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;

/** Softmax along the last axis, and its logarithm. */
public final class Softmax {

  private Softmax() {}

  /**
   * Softmax along the last axis.
   *
   * <pre>
   *   y  = exp(x − max x) / Σ exp(x − max x)
   *   dx = y ⊙ (dy − Σ dy⊙y)
   * </pre>
   */
  public static Tensor softmax(Tensor x) {
    var scope = Scope.current();
    int cols = x.shape().last();
    int rows = x.shape().size() / cols;
    var y = scope.allocate(x.shape());
    scope.backend().norm().softmax(x.buffer(), y.buffer(), rows, cols);
    return Tape.record("softmax", y)
        .wrt(
            x,
            dy -> {
              var inner = Scope.current();
              var dx = inner.allocate(x.shape());
              inner.backend().norm().softmaxGrad(y.buffer(), dy.buffer(), dx.buffer(), rows, cols);
              return dx;
            })
        .result();
  }

  /**
   * The logarithm of the softmax along the last axis, without its underflow.
   *
   * <pre>
   *   y  = x − log Σ exp x
   *   dx = dy − exp(y) · Σ dy
   * </pre>
   */
  public static Tensor logSoftmax(Tensor x) {
    var scope = Scope.current();
    int cols = x.shape().last();
    int rows = x.shape().size() / cols;
    var y = scope.allocate(x.shape());
    scope.backend().norm().logSoftmax(x.buffer(), y.buffer(), rows, cols);
    return Tape.record("logSoftmax", y)
        .wrt(
            x,
            dy -> {
              var inner = Scope.current();
              var dx = inner.allocate(x.shape());
              inner
                  .backend()
                  .norm()
                  .logSoftmaxGrad(y.buffer(), dy.buffer(), dx.buffer(), rows, cols);
              return dx;
            })
        .result();
  }
}
