package dev.mmib.nd4j;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.MatMulKernels;
import dev.mmib.cpu.Gelu;
import dev.mmib.cpu.LayerTail;
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
  private final @Nullable PanelProducts panels;

  /**
   * Products by all threads.
   *
   * @param small whether weights of inference go into panels, for {@link SmallProducts}
   */
  Nd4jMatMulKernels(MatMulKernels host, Workers workers, boolean small) {
    this.host = host;
    this.workers = workers;
    this.panels = small ? new PanelProducts(workers) : null;
  }

  private static boolean isEmpty(Product p) {
    return p.batch() == 0 || p.m() == 0 || p.n() == 0 || p.k() == 0;
  }

  @Override
  public void matmul(Product p, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    if (isEmpty(p)) {
      host.matmul(p, a, b, bias, c);
    } else {
      multiply(p, a, b, bias, null, c);
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
    Product product = Product.of(rows, out, in, false, true);
    if (isEmpty(product)) { // no inputs: sums of nothing
      host.matmul(product, x, w, null, y);
      new LayerTail(y, out, null, bias, f).apply(0, rows, 0, out);
    } else if (panels != null) {
      panels.multiply(rows, out, in, x, w, bias, f, y);
    } else if (f == null) {
      multiply(product, x, w, bias, null, y);
    } else {
      multiply(product, x, w, null, new LayerTail(y, out, null, bias, f), y);
    }
  }

  /** A product of one matrix may have a {@code tail} for its rows. */
  private void multiply(
      Product p, Buffer a, Buffer b, @Nullable Buffer bias, @Nullable LayerTail tail, Buffer c) {
    boolean oneMatrix = p.bStride() == 0 && !p.transposeA() && p.aStride() == p.m() * p.k();
    int batch = oneMatrix ? 1 : p.batch();
    int rows = oneMatrix ? Math.multiplyExact(p.batch(), p.m()) : p.m();
    Blocks blocks = Blocks.of(batch, rows, p.n(), p.k());
    OpenBlas.Matrix left = left(p, a, rows);
    OpenBlas.Matrix right = right(p, b);
    OpenBlas.Matrix out = OpenBlas.Matrix.write(c, rows, p.n(), p.n(), 1);
    RowSums sums = bias == null ? null : new RowSums(bias, p.n());
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
                      sums.put(
                          results, start, part.top(), part.bottom(), part.left(), part.right());
                    }
                    OpenBlas.multiply(
                        1,
                        left.at((long) i * p.aStride()).rows(part.top(), part.bottom()),
                        right.at((long) i * p.bStride()).cols(part.left(), part.right()),
                        sums == null ? 0 : 1,
                        out.at(start)
                            .rows(part.top(), part.bottom())
                            .cols(part.left(), part.right()));
                    if (tail != null) {
                      tail.apply(
                          part.top(), part.bottom(), part.left(), part.right() - part.left());
                    }
                  }
                }));
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
