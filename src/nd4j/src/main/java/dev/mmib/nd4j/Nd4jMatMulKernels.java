package dev.mmib.nd4j;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.MatMulKernels;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products by {@link OpenBlas}, in blocks for all threads; the bias is where the sums of a
 * block begin.
 *
 * <p>Empty products are left to the host kernels.
 */
final class Nd4jMatMulKernels implements MatMulKernels {

  private final MatMulKernels host;
  private final Workers workers;

  Nd4jMatMulKernels(MatMulKernels host, Workers workers) {
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
    int batch = oneMatrix ? 1 : p.batch();
    int rows = oneMatrix ? Math.multiplyExact(p.batch(), p.m()) : p.m();
    Blocks blocks = Blocks.of(batch, rows, p.n(), p.k());
    OpenBlas.Matrix left = left(p, a, rows);
    OpenBlas.Matrix right = right(p, b);
    OpenBlas.Matrix out = OpenBlas.Matrix.write(c, rows, p.n(), p.n(), 1);
    float[] sums = bias == null ? null : floats(bias, p.n());
    FloatBuffer results = HostBuffer.floats(c);
    OpenBlas.alone(
        () ->
            workers.forEach(
                batch * blocks.count(),
                1,
                (from, end) -> {
                  for (int n = from; n < end; n++) {
                    int i = n / blocks.count();
                    Blocks.Part part = blocks.part(n % blocks.count());
                    int start = i * rows * p.n();
                    if (sums != null) {
                      repeat(sums, part, results, start, p.n());
                    }
                    OpenBlas.multiply(
                        1,
                        left.at((long) i * p.aStride()).rows(part.top(), part.bottom()),
                        right.at((long) i * p.bStride()).cols(part.left(), part.right()),
                        sums == null ? 0 : 1,
                        out.at(start)
                            .rows(part.top(), part.bottom())
                            .cols(part.left(), part.right()));
                  }
                }));
  }

  private static void repeat(float[] bias, Blocks.Part part, FloatBuffer to, int at, int n) {
    for (int row = part.top(); row < part.bottom(); row++) {
      to.put(at + row * n + part.left(), bias, part.left(), part.right() - part.left());
    }
  }

  private static float[] floats(Buffer bias, int n) {
    var values = new float[n];
    HostBuffer.floats(bias).get(0, values);
    return values;
  }

  private static OpenBlas.Matrix left(Product p, Buffer a, int rows) {
    return p.transposeA()
        ? OpenBlas.Matrix.read(a, rows, p.k(), 1, rows)
        : OpenBlas.Matrix.read(a, rows, p.k(), p.k(), 1);
  }

  private static OpenBlas.Matrix right(Product p, Buffer b) {
    return p.transposeB()
        ? OpenBlas.Matrix.read(b, p.k(), p.n(), 1, p.k())
        : OpenBlas.Matrix.read(b, p.k(), p.n(), p.n(), 1);
  }
}
