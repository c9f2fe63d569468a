package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.PoolingKernels;
import dev.mmib.backend.kernel.PoolingKernels.Pool2d;
import org.jspecify.annotations.Nullable;

/** Pooling of sizes. */
final class SizingPoolingKernels implements PoolingKernels {

  @Override
  public void max(Pool2d pool, Buffer x, Buffer y, @Nullable Buffer argmax) {
    requireOpen(x, y);
    if (argmax != null) {
      requireOpen(argmax);
    }
  }

  @Override
  public void maxGrad(Pool2d pool, Buffer argmax, Buffer dy, Buffer dx) {
    requireOpen(argmax, dy, dx);
  }

  @Override
  public void average(Pool2d pool, boolean countPadding, Buffer x, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void averageGrad(Pool2d pool, boolean countPadding, Buffer dy, Buffer dx) {
    requireOpen(dy, dx);
  }

  @Override
  public void adaptiveAverage(
      int planes, int height, int width, int outHeight, int outWidth, Buffer x, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void adaptiveAverageGrad(
      int planes, int height, int width, int outHeight, int outWidth, Buffer dy, Buffer dx) {
    requireOpen(dy, dx);
  }
}
