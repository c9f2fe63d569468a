package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;

/** Moving numbers without changing them; works on floats and ints. */
public interface LayoutKernels {

  /**
   * Copies {@code count} blocks of {@code block} neighbouring elements: {@code dst[dstAt +
   * n·dstStride + i] = src[srcAt + n·srcStride + i]}. The rest of {@code dst} is left alone.
   */
  void copyBlocks(
      Buffer src,
      int srcAt,
      int srcStride,
      Buffer dst,
      int dstAt,
      int dstStride,
      int block,
      int count);

  /**
   * Reorders axes: axis {@code d} of {@code y} is axis {@code permutation[d]} of {@code x}.
   *
   * @param dims extents of {@code x}
   */
  void permute(Buffer x, int[] dims, int[] permutation, Buffer y);
}
