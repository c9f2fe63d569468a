package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.PoolingKernels;

public final class HostPoolingKernels implements PoolingKernels {
  private final Workers workers;

  public HostPoolingKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void max(Pool2d pool, Buffer x, Buffer y, Buffer argmax) {
    throw new UnsupportedOperationException("Pooling");
  }

  @Override
  public void maxGrad(Pool2d pool, Buffer argmax, Buffer dy, Buffer dx) {
    throw new UnsupportedOperationException("Pooling");
  }

  @Override
  public void average(Pool2d pool, boolean countPadding, Buffer x, Buffer y) {
    throw new UnsupportedOperationException("Pooling");
  }

  @Override
  public void averageGrad(Pool2d pool, boolean countPadding, Buffer dy, Buffer dx) {
    throw new UnsupportedOperationException("Pooling");
  }

  @Override
  public void adaptiveAverage(
      int planes, int height, int width, int outHeight, int outWidth, Buffer x, Buffer y) {
    throw new UnsupportedOperationException("Pooling");
  }

  @Override
  public void adaptiveAverageGrad(
      int planes, int height, int width, int outHeight, int outWidth, Buffer dy, Buffer dx) {
    throw new UnsupportedOperationException("Pooling");
  }
}
