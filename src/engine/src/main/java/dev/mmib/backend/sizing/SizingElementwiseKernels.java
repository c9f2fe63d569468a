package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.ElementwiseKernels;
import dev.mmib.backend.kernel.ElementwiseKernels.Binary;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;

/** Pointwise kernels of sizes. */
final class SizingElementwiseKernels implements ElementwiseKernels {

  @Override
  public void unary(Unary f, Buffer x, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void unaryGrad(Unary f, Buffer x, Buffer y, Buffer dy, Buffer dx) {
    requireOpen(x, y, dy, dx);
  }

  @Override
  public void binary(Binary f, Buffer a, Buffer b, Buffer y) {
    requireOpen(a, b, y);
  }

  @Override
  public void binaryBroadcast(
      Binary f, Buffer a, int[] aStrides, Buffer b, int[] bStrides, Buffer y, int[] dims) {
    requireOpen(a, b, y);
  }

  @Override
  public void affine(Buffer x, double scale, double shift, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void accumulate(Buffer x, Buffer sum) {
    requireOpen(x, sum);
  }

  @Override
  public void fill(Buffer y, double value) {
    requireOpen(y);
  }

  @Override
  public void biasUnary(Unary f, Buffer x, Buffer bias, Buffer y, int rows, int cols) {
    requireOpen(x, bias, y);
  }

  @Override
  public void biasUnaryGrad(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, Buffer dbias, int rows, int cols) {
    requireOpen(x, bias, dy, dx, dbias);
  }
}
