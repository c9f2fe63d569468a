package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.LayoutKernels;

/** Copies of sizes. */
final class SizingLayoutKernels implements LayoutKernels {

  @Override
  public void copyBlocks(
      Buffer src,
      int srcAt,
      int srcStride,
      Buffer dst,
      int dstAt,
      int dstStride,
      int block,
      int count) {
    requireOpen(src, dst);
  }

  @Override
  public void permute(Buffer x, int[] dims, int[] permutation, Buffer y) {
    requireOpen(x, y);
  }
}
