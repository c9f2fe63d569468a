package dev.mmib.op;

import dev.mmib.backend.kernel.Dropout;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;

/** Noise that is only there in training. */
public final class Regularization {

  private Regularization() {}

  /**
   * Dropout (Srivastava et al. 2014), in a TRAIN scope only.
   *
   * <pre>
   *   y  = x  ⊙ mask / (1 − p),   mask = 0 with probability p, else 1
   *   dx = dy ⊙ mask / (1 − p)
   * </pre>
   *
   * In an INFER scope, or for p = 0, it is x itself and takes no random stream.
   */
  public static Tensor dropout(Tensor x, double p) {
    var mask = mask(p);
    return mask.isNone()
        ? x
        : Tape.record("dropout", masked(mask, x)).wrt(x, dy -> masked(mask, dy)).result();
  }

  /** What {@link #dropout} drops now; takes the random stream that it takes. */
  static Dropout mask(double p) {
    var scope = Scope.current();
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException("dropout: probability " + p + " vs [0, 1)");
    }
    return scope.mode() != Mode.TRAIN || p == 0
        ? Dropout.NONE
        : new Dropout(p, scope.random().seed(), scope.random().nextStream());
  }

  private static Tensor masked(Dropout mask, Tensor x) {
    var scope = Scope.current();
    var y = scope.allocate(x.shape());
    scope.backend().random().dropout(mask, x.buffer(), y.buffer());
    return y;
  }
}
