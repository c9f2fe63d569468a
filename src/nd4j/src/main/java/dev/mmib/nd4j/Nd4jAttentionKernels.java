package dev.mmib.nd4j;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.NormKernels;
import dev.mmib.cpu.BatchedAttentionKernels;
import dev.mmib.cpu.HeadMatrices;
import dev.mmib.cpu.OffHeapMemory;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;

/** Attention whose products are ND4J's, all heads of a sequence at a time. */
final class Nd4jAttentionKernels extends BatchedAttentionKernels {

  private final Nd4jArrays nd4j;

  Nd4jAttentionKernels(Nd4jArrays nd4j, OffHeapMemory memory, NormKernels norm, Workers workers) {
    super(memory, norm, workers);
    this.nd4j = nd4j;
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
    for (int i = 0; i < c.batch(); i++) {
      nd4j.run(
          DynamicCustomOp.builder("matmul")
              .addInputs(sequence(a, inA, i), sequence(b, inB, i))
              .addOutputs(sequence(c, inC, i))
              .addIntegerArguments(0, 0)
              .addFloatingPointArguments(scale, 0.0));
    }
  }

  /** [heads, rows, cols] of one sequence. */
  private static INDArray sequence(HeadMatrices m, Buffer buffer, int batch) {
    return Nd4jArrays.strided(
        buffer,
        batch * m.batchStride(),
        new long[] {m.heads(), m.rows(), m.cols()},
        new long[] {m.headStride(), m.rowStride(), m.colStride()});
  }
}
