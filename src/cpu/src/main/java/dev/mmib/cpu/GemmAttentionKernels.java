package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.NormKernels;

/** Attention whose products are {@link Gemm}'s, one head by one thread. */
final class GemmAttentionKernels extends BatchedAttentionKernels {

  private final Gemm gemm;

  GemmAttentionKernels(Gemm gemm, OffHeapMemory memory, NormKernels norm, Workers workers) {
    super(memory, norm, workers);
    this.gemm = gemm;
  }

  @Override
  protected void multiply(
      double scale,
      HeadMatrices a,
      Buffer inA,
      HeadMatrices b,
      Buffer inB,
      HeadMatrices c,
      Buffer inC) {
    gemm.forEach(
        c.batch() * c.heads(),
        i -> Gemm.call(scale, factor(a, inA, i), factor(b, inB, i), 0, result(c, inC, i)));
  }

  private static Gemm.Place factor(HeadMatrices m, Buffer buffer, int i) {
    return Gemm.Place.read(buffer, offset(m, i), m.rows(), m.cols(), m.rowStride(), m.colStride());
  }

  private static Gemm.Place result(HeadMatrices m, Buffer buffer, int i) {
    return Gemm.Place.write(buffer, offset(m, i), m.rows(), m.cols(), m.rowStride(), m.colStride());
  }

  private static long offset(HeadMatrices m, int i) {
    return i / m.heads() * m.batchStride() + i % m.heads() * m.headStride();
  }
}
