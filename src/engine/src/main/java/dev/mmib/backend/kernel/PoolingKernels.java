package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;
import org.jspecify.annotations.Nullable;

/** Pooling over the last two axes of [planes, height, width]. Outputs are overwritten. */
public interface PoolingKernels {

  /** Sizes of one call. */
  record Pool2d(
      int planes,
      int height,
      int width,
      int kernelHeight,
      int kernelWidth,
      int strideHeight,
      int strideWidth,
      int padHeight,
      int padWidth) {

    public int outHeight() {
      return (height + 2 * padHeight - kernelHeight) / strideHeight + 1;
    }

    public int outWidth() {
      return (width + 2 * padWidth - kernelWidth) / strideWidth + 1;
    }
  }

  /**
   * The largest of each window; padding counts as −∞, ties go to the first in row-major order.
   *
   * @param argmax I32, index within the plane, for the backward pass; null if there is none
   */
  void max(Pool2d pool, Buffer x, Buffer y, @Nullable Buffer argmax);

  void maxGrad(Pool2d pool, Buffer argmax, Buffer dy, Buffer dx);

  /** The mean of each window; padding counts in the divisor if {@code countPadding}. */
  void average(Pool2d pool, boolean countPadding, Buffer x, Buffer y);

  void averageGrad(Pool2d pool, boolean countPadding, Buffer dy, Buffer dx);

  /** Cell i of n outputs averages rows ⌊i·h/n⌋ to ⌈(i+1)·h/n⌉, and columns likewise. */
  void adaptiveAverage(
      int planes, int height, int width, int outHeight, int outWidth, Buffer x, Buffer y);

  void adaptiveAverageGrad(
      int planes, int height, int width, int outHeight, int outWidth, Buffer dy, Buffer dx);
}
