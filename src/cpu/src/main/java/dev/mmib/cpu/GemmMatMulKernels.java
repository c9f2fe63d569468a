package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.MatMulKernels;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products by {@link Gemm}; the bias is where the sums begin.
 *
 * <p>Empty products are left to the host kernels.
 */
final class GemmMatMulKernels implements MatMulKernels {

  /** Floats of bias that a chunk of rows is filled with. */
  private static final int CHUNK = 1 << 14;

  private final Gemm gemm;
  private final MatMulKernels host;
  private final Workers workers;
  private final PanelProducts panels;

  GemmMatMulKernels(Gemm gemm, MatMulKernels host, Workers workers) {
    this.gemm = gemm;
    this.host = host;
    this.workers = workers;
    this.panels = new PanelProducts(gemm, workers);
  }

  @Override
  public void matmul(Product p, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    if (p.batch() == 0 || p.m() == 0 || p.n() == 0 || p.k() == 0) {
      host.matmul(p, a, b, bias, c);
      return;
    }
    if (bias != null) {
      repeat(bias, p.n(), c, p.batch() * p.m());
    }
    double beta = bias == null ? 0 : 1;
    boolean oneMatrix = p.bStride() == 0 && !p.transposeA() && p.aStride() == p.m() * p.k();
    int rows = oneMatrix ? p.batch() * p.m() : p.m();
    char orderA = p.transposeA() ? 'T' : 'N';
    char orderB = p.transposeB() ? 'T' : 'N';
    int leadingA = p.transposeA() ? rows : p.k();
    int leadingB = p.transposeB() ? p.k() : p.n();
    long left = OffHeapBuffer.of(a).reading().address();
    long right = OffHeapBuffer.of(b).reading().address();
    long out = OffHeapBuffer.of(c).pointer().address();
    if (p.batch() == 1 || oneMatrix) {
      gemm.multiply(
          rows, p.n(), p.k(), 1, left, orderA, leadingA, right, orderB, leadingB, beta, out, p.n());
    } else {
      gemm.forEach(
          p.batch(),
          i ->
              Gemm.call(
                  rows,
                  p.n(),
                  p.k(),
                  1,
                  left + 4L * i * p.aStride(),
                  orderA,
                  leadingA,
                  right + 4L * i * p.bStride(),
                  orderB,
                  leadingB,
                  beta,
                  out + 4L * i * rows * p.n(),
                  p.n()));
    }
  }

  @Override
  public boolean fuses(Unary f) {
    return Gelu.is(f);
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
    if (rows == 0 || out == 0) {
      return;
    }
    if (in == 0) {
      host.matmul(Product.of(rows, out, in, false, true), x, w, null, y);
      new LayerTail(y, out, null, bias, f).apply(0, rows, 0, out);
      return;
    }
    panels.multiply(rows, x, w, panels.of(w, rows, out, in), bias, f, y);
  }

  private void repeat(Buffer bias, int n, Buffer c, int rows) {
    FloatBuffer row = HostBuffer.floats(bias);
    FloatBuffer to = HostBuffer.floats(c);
    workers.forEach(
        rows,
        Math.max(1, CHUNK / n),
        (from, end) -> {
          for (int r = from; r < end; r++) {
            to.put(r * n, row, 0, n);
          }
        });
  }
}
