package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.ElementwiseKernels;
import org.jspecify.annotations.Nullable;

/**
 * Pointwise kernels that leave pictures in the order in which they lie: a rectifier, a sum and the
 * like do not care, as long as all operands lie the same way.
 */
final class OrderedElementwiseKernels implements ElementwiseKernels {

  private final Arranger arranger;
  private final ElementwiseKernels kernels;

  OrderedElementwiseKernels(Arranger arranger, ElementwiseKernels kernels) {
    this.arranger = arranger;
    this.kernels = kernels;
  }

  /** The order of the first operand that lies in one; null if none does. */
  private static @Nullable ChannelBlocks order(Buffer... operands) {
    for (var operand : operands) {
      var blocks = Arranger.blocksOf(operand);
      if (blocks != null) {
        return blocks;
      }
    }
    return null;
  }

  @Override
  public void unary(Unary f, Buffer x, Buffer y) {
    var order = order(x);
    if (order == null) {
      kernels.unary(f, x, y);
    } else {
      kernels.unary(f, arranger.raw(x, order), Arranger.rawOutput(y, order));
    }
  }

  @Override
  public void unaryGrad(Unary f, Buffer x, Buffer y, Buffer dy, Buffer dx) {
    var order = order(x, y, dy);
    if (order == null) {
      kernels.unaryGrad(f, x, y, dy, dx);
    } else {
      kernels.unaryGrad(
          f,
          arranger.raw(x, order),
          arranger.raw(y, order),
          arranger.raw(dy, order),
          Arranger.rawOutput(dx, order));
    }
  }

  @Override
  public void binary(Binary f, Buffer a, Buffer b, Buffer y) {
    var order = order(a, b);
    if (order == null) {
      kernels.binary(f, a, b, y);
    } else {
      kernels.binary(
          f, arranger.raw(a, order), arranger.raw(b, order), Arranger.rawOutput(y, order));
    }
  }

  @Override
  public void affine(Buffer x, double scale, double shift, Buffer y) {
    var order = order(x);
    if (order == null) {
      kernels.affine(x, scale, shift, y);
    } else {
      kernels.affine(arranger.raw(x, order), scale, shift, Arranger.rawOutput(y, order));
    }
  }

  @Override
  public void accumulate(Buffer x, Buffer sum) {
    var order = order(sum, x);
    if (order == null) {
      kernels.accumulate(x, sum);
    } else {
      var addend = arranger.raw(x, order);
      arranger.arranged(sum, order);
      // The memory is the one in which the sum lies: what is written counts as a change.
      kernels.accumulate(addend, Arranger.rawOutput(sum, order));
    }
  }

  @Override
  public void binaryBroadcast(
      Binary f, Buffer a, int[] aStrides, Buffer b, int[] bStrides, Buffer y, int[] dims) {
    kernels.binaryBroadcast(f, a, aStrides, b, bStrides, y, dims);
  }

  @Override
  public void fill(Buffer y, double value) {
    kernels.fill(y, value);
  }

  @Override
  public void biasUnary(Unary f, Buffer x, Buffer bias, Buffer y, int rows, int cols) {
    kernels.biasUnary(f, x, bias, y, rows, cols);
  }

  @Override
  public void biasUnaryGrad(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, Buffer dbias, int rows, int cols) {
    kernels.biasUnaryGrad(f, x, bias, dy, dx, dbias, rows, cols);
  }
}
