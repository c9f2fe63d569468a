package dev.mmib.nd4j;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.MatMulKernels;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;

/**
 * Matrix products by ND4J's {@code matmul}; the bias is added in Java.
 *
 * <p>Batches are done one by one: ND4J's own batches neither share a factor nor run faster. Empty
 * products are left to the host kernels.
 */
final class Nd4jMatMulKernels implements MatMulKernels {

  private final Nd4jArrays nd4j;
  private final MatMulKernels host;
  private final Workers workers;

  Nd4jMatMulKernels(Nd4jArrays nd4j, MatMulKernels host, Workers workers) {
    this.nd4j = nd4j;
    this.host = host;
    this.workers = workers;
  }

  @Override
  public void matmul(Product p, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    if (p.batch() == 0 || p.m() == 0 || p.n() == 0 || p.k() == 0) {
      host.matmul(p, a, b, bias, c);
      return;
    }
    boolean oneMatrix = p.bStride() == 0 && !p.transposeA() && p.aStride() == p.m() * p.k();
    if (p.batch() == 1 || oneMatrix) {
      multiply(p, Math.multiplyExact(p.batch(), p.m()), a, 0, b, 0, c, 0);
    } else {
      for (int i = 0; i < p.batch(); i++) {
        multiply(
            p,
            p.m(),
            a,
            (long) i * p.aStride(),
            b,
            (long) i * p.bStride(),
            c,
            (long) i * p.m() * p.n());
      }
    }
    if (bias != null) {
      addBias(p, bias, c);
    }
  }

  private void multiply(
      Product p, int rows, Buffer a, long atA, Buffer b, long atB, Buffer c, long atC) {
    INDArray left = p.transposeA() ? matrix(a, atA, p.k(), rows) : matrix(a, atA, rows, p.k());
    INDArray right = p.transposeB() ? matrix(b, atB, p.n(), p.k()) : matrix(b, atB, p.k(), p.n());
    nd4j.run(
        DynamicCustomOp.builder("matmul")
            .addInputs(left, right)
            .addOutputs(matrix(c, atC, rows, p.n()))
            .addIntegerArguments(p.transposeA() ? 1 : 0, p.transposeB() ? 1 : 0));
  }

  private static INDArray matrix(Buffer buffer, long offset, long rows, long cols) {
    return Nd4jArrays.strided(buffer, offset, new long[] {rows, cols}, new long[] {cols, 1});
  }

  private void addBias(Product p, Buffer bias, Buffer c) {
    var offsets = new float[p.n()];
    HostBuffer.floats(bias).get(0, offsets);
    FloatBuffer out = HostBuffer.floats(c);
    workers.forEach(
        p.batch() * p.m(),
        Math.max(1, (1 << 14) / p.n()),
        (from, to) -> {
          var row = new float[offsets.length];
          for (int r = from; r < to; r++) {
            out.get(r * row.length, row);
            for (int i = 0; i < row.length; i++) {
              row[i] += offsets[i];
            }
            out.put(r * row.length, row);
          }
        });
  }
}
