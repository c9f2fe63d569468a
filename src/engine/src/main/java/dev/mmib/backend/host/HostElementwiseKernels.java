package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.ElementwiseKernels;

public final class HostElementwiseKernels implements ElementwiseKernels {
  private final Workers workers;

  public HostElementwiseKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void unary(Unary f, Buffer x, Buffer y) {
    throw new UnsupportedOperationException("Elementwise");
  }

  @Override
  public void unaryGrad(Unary f, Buffer x, Buffer y, Buffer dy, Buffer dx) {
    throw new UnsupportedOperationException("Elementwise");
  }

  @Override
  public void binary(Binary f, Buffer a, Buffer b, Buffer y) {
    throw new UnsupportedOperationException("Elementwise");
  }

  @Override
  public void binaryBroadcast(
      Binary f, Buffer a, int[] aStrides, Buffer b, int[] bStrides, Buffer y, int[] dims) {
    throw new UnsupportedOperationException("Elementwise");
  }

  @Override
  public void affine(Buffer x, double scale, double shift, Buffer y) {
    throw new UnsupportedOperationException("Elementwise");
  }

  @Override
  public void accumulate(Buffer x, Buffer sum) {
    throw new UnsupportedOperationException("Elementwise");
  }

  @Override
  public void fill(Buffer y, double value) {
    throw new UnsupportedOperationException("Elementwise");
  }
}
