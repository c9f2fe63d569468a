package dev.mmib.nd4j;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.NormKernels;
import dev.mmib.cpu.BatchedAttentionKernels;
import dev.mmib.cpu.HeadMatrices;
import dev.mmib.cpu.OffHeapMemory;

/** Attention whose products are {@link OpenBlas}', one head by one thread. */
final class Nd4jAttentionKernels extends BatchedAttentionKernels {

  private final Workers workers;

  Nd4jAttentionKernels(OffHeapMemory memory, NormKernels norm, Workers workers) {
    super(memory, norm, workers);
    this.workers = workers;
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
    OpenBlas.Matrix left = factor(a, inA);
    OpenBlas.Matrix right = factor(b, inB);
    var out = OpenBlas.Matrix.write(inC, c.rows(), c.cols(), c.rowStride(), c.colStride());
    OpenBlas.alone(
        () ->
            workers.forEach(
                c.batch() * c.heads(),
                1,
                (from, end) -> {
                  for (int i = from; i < end; i++) {
                    OpenBlas.multiply(
                        scale,
                        left.at(offset(a, i)),
                        right.at(offset(b, i)),
                        0,
                        out.at(offset(c, i)));
                  }
                }));
  }

  private static OpenBlas.Matrix factor(HeadMatrices m, Buffer buffer) {
    return OpenBlas.Matrix.read(buffer, m.rows(), m.cols(), m.rowStride(), m.colStride());
  }

  private static long offset(HeadMatrices m, int i) {
    return i / m.heads() * m.batchStride() + i % m.heads() * m.headStride();
  }
}
