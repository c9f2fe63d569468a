package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;

/** Updating parameters in place. */
public interface OptimizerKernels {

  /**
   * One parameter's step of AdamW (Loshchilov and Hutter 2019), as torch computes it.
   *
   * @param step 1 for the first update of this parameter
   * @param decoupled whether weight decay shrinks the parameter (AdamW) or joins the gradient
   *     (Adam)
   */
  record AdamStep(
      double learningRate,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      boolean decoupled,
      long step) {}

  /** Updates {@code parameter}, {@code m} and {@code v}; {@code gradient} is only read. */
  void adam(AdamStep step, Buffer parameter, Buffer gradient, Buffer m, Buffer v);

  /** Σ x², in double precision; NaN or infinite if any element is. */
  double sumOfSquares(Buffer x);
}
