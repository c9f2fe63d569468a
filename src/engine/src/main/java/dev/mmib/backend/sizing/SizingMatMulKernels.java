package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.MatMulKernels;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import org.jspecify.annotations.Nullable;

/** Matrix products of sizes; what is fused is told by the device. */
final class SizingMatMulKernels implements MatMulKernels {

  private final MatMulKernels device;

  SizingMatMulKernels(MatMulKernels device) {
    this.device = device;
  }

  @Override
  public void matmul(Product product, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    requireOpen(a, b, c);
  }

  @Override
  public boolean fuses(Unary f) {
    return device.fuses(f);
  }

  @Override
  public void linear(
      int rows,
      int out,
      int in,
      Buffer x,
      Buffer w,
      @Nullable Buffer bias,
      @Nullable Unary f,
      Buffer y) {
    requireOpen(x, w, y);
  }
}
