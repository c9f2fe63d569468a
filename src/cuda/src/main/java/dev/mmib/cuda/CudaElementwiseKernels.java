package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.ElementwiseKernels;

/** Pointwise functions on the GPU. */
final class CudaElementwiseKernels implements ElementwiseKernels {

  private final Kernel unary;
  private final Kernel unaryGrad;
  private final Kernel binary;
  private final Kernel binaryBroadcast;
  private final Kernel affine;
  private final Kernel fill;
  private final BiasActivation biasActivation;

  CudaElementwiseKernels(CudaStream stream) {
    unary = stream.kernel("elementwise", "unary");
    unaryGrad = stream.kernel("elementwise", "unary_grad");
    binary = stream.kernel("elementwise", "binary");
    binaryBroadcast = stream.kernel("elementwise", "binary_broadcast");
    affine = stream.kernel("elementwise", "affine");
    fill = stream.kernel("elementwise", "fill");
    biasActivation = new BiasActivation(stream);
  }

  @Override
  public void unary(Unary f, Buffer x, Buffer y) {
    int n = y.length();
    unary.value(f.ordinal()).in(x).out(y).value(n).over(n);
  }

  @Override
  public void unaryGrad(Unary f, Buffer x, Buffer y, Buffer dy, Buffer dx) {
    int n = dx.length();
    unaryGrad.value(f.ordinal()).in(x).in(y).in(dy).out(dx).value(n).over(n);
  }

  @Override
  public void binary(Binary f, Buffer a, Buffer b, Buffer y) {
    int n = y.length();
    binary.value(f.ordinal()).in(a).in(b).out(y).value(n).over(n);
  }

  @Override
  public void binaryBroadcast(
      Binary f, Buffer a, int[] aStrides, Buffer b, int[] bStrides, Buffer y, int[] dims) {
    var axes = IndexAxes.merged(dims, aStrides, bStrides).atMost(IndexAxes.MAX, "binaryBroadcast");
    if (axes.rank() == 1 && axes.aStrides()[0] == 1 && axes.bStrides()[0] == 1) {
      binary(f, a, b, y);
      return;
    }
    int n = y.length();
    boolean fours =
        axes.dims()[0] % 4 == 0
            && IndexAxes.inFours(axes.aStrides())
            && IndexAxes.inFours(axes.bStrides());
    binaryBroadcast.value(f.ordinal()).value(fours ? 1 : 0).in(a).in(b).out(y).value(n);
    binaryBroadcast.value(axes.rank());
    IndexAxes.pass(binaryBroadcast, axes.dims(), IndexAxes.MAX);
    IndexAxes.pass(binaryBroadcast, axes.aStrides(), IndexAxes.MAX);
    IndexAxes.pass(binaryBroadcast, axes.bStrides(), IndexAxes.MAX);
    binaryBroadcast.over(fours ? n : 4L * n);
  }

  @Override
  public void affine(Buffer x, double scale, double shift, Buffer y) {
    int n = y.length();
    affine.in(x).value((float) scale).value((float) shift).out(y).value(n).over(n);
  }

  @Override
  public void accumulate(Buffer x, Buffer sum) {
    binary(Binary.ADD, sum, x, sum);
  }

  @Override
  public void fill(Buffer y, double value) {
    int n = y.length();
    fill.out(y).value((float) value).value(n).over(n);
  }

  @Override
  public void biasUnary(Unary f, Buffer x, Buffer bias, Buffer y, int rows, int cols) {
    biasActivation.forward(f, x, bias, y, rows, cols);
  }

  @Override
  public void biasUnaryGrad(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, Buffer dbias, int rows, int cols) {
    biasActivation.backward(f, x, bias, dy, dx, dbias, rows, cols);
  }
}
