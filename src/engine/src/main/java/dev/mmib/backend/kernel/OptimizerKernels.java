package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;
import java.util.List;

/** Updating parameters in place. */
public interface OptimizerKernels {

  /**
   * One parameter's step of AdamW (Loshchilov and Hutter 2019), as torch computes it.
   *
   * @param gradientFactor every gradient is multiplied by it before anything else
   * @param decoupled whether weight decay shrinks the parameter (AdamW) or joins the gradient
   *     (Adam)
   * @param step 1 for the first update of this parameter
   */
  record AdamStep(
      double learningRate,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      double gradientFactor,
      boolean decoupled,
      long step) {}

  /** One parameter with its gradient and moments, all of the same length. */
  record Update(AdamStep step, Buffer parameter, Buffer gradient, Buffer m, Buffer v) {}

  /** Updates {@code parameter}, {@code m} and {@code v}; {@code gradient} is only read. */
  void adam(AdamStep step, Buffer parameter, Buffer gradient, Buffer m, Buffer v);

  /** Many updates of different parameters, which a device may do as one. */
  default void adam(List<Update> updates) {
    for (var u : updates) {
      adam(u.step(), u.parameter(), u.gradient(), u.m(), u.v());
    }
  }

  /** Σ x², in double precision; NaN or infinite if any element is. */
  double sumOfSquares(Buffer x);

  /** Σ x² over all elements of all buffers, in double precision. */
  default double sumOfSquares(List<Buffer> buffers) {
    double sum = 0;
    for (var buffer : buffers) {
      sum += sumOfSquares(buffer);
    }
    return sum;
  }
}
