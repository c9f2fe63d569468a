package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.ReductionKernels;

/** Sums of sizes. */
final class SizingReductionKernels implements ReductionKernels {

  @Override
  public void sum(Buffer x, Buffer y, int outer, int axis, int inner) {
    requireOpen(x, y);
  }
}
