package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.LayoutKernels;

public final class HostLayoutKernels implements LayoutKernels {
  private final Workers workers;

  public HostLayoutKernels(Workers workers) {
    this.workers = workers;
  }

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
    throw new UnsupportedOperationException("Layout");
  }

  @Override
  public void permute(Buffer x, int[] dims, int[] permutation, Buffer y) {
    throw new UnsupportedOperationException("Layout");
  }
}
