package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.MatMulKernels;
import org.jspecify.annotations.Nullable;

/** Matrix products by cuBLAS. */
final class CudaMatMulKernels implements MatMulKernels, AutoCloseable {

  private final Cublas cublas;
  private final @Nullable Bfloat16 bfloat16;
  private final Kernel fillRows;
  private final Kernel fill;

  CudaMatMulKernels(CudaStream stream, Precision precision, Bfloat16 bfloat16) {
    this.bfloat16 = precision == Precision.BF16 ? bfloat16 : null;
    this.fillRows = stream.kernel("matmul", "fill_rows");
    this.fill = stream.kernel("elementwise", "fill");
    this.cublas = new Cublas(stream, precision);
  }

  @Override
  public void matmul(Product p, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    var left = CudaBuffer.of(a, DType.F32);
    var right = CudaBuffer.of(b, DType.F32);
    var out = CudaBuffer.of(c, DType.F32);
    if (out.length() == 0) {
      return;
    }
    if (bias != null) {
      long rows = (long) p.batch() * p.m();
      fillRows.in(bias).out(out).value(rows).value(p.n()).over(out.length());
    }
    if (p.k() == 0) { // cuBLAS refuses sums of nothing
      if (bias == null) {
        fill.out(out).value(0f).value(out.length()).over(out.length());
      }
      return;
    }
    if (bfloat16 != null) {
      left = bfloat16.of(left);
      right = bfloat16.of(right);
    }
    cublas.multiply(p, left, right, out, bias != null);
  }

  @Override
  public void close() {
    cublas.close();
  }
}
