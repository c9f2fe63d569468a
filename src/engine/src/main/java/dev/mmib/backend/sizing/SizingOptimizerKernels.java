package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.OptimizerKernels;
import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;

/** Steps of sizes. */
final class SizingOptimizerKernels implements OptimizerKernels {

  /** Above any bound on a gradient's norm, so that the way with clipping is the one measured. */
  private static final double LARGE = 1e30;

  @Override
  public void adam(AdamStep step, Buffer parameter, Buffer gradient, Buffer m, Buffer v) {
    requireOpen(parameter, gradient, m, v);
  }

  @Override
  public double sumOfSquares(Buffer x) {
    requireOpen(x);
    return LARGE;
  }
}
