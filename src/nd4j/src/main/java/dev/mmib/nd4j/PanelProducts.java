package dev.mmib.nd4j;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.cpu.LayerTail;
import dev.mmib.cpu.Panels;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Products with weights that come again, which then lie in {@link Panels} as wide as the kernels of
 * {@link SmallProducts}.
 */
final class PanelProducts {

  /** Rows of a block, which stay in the second-level cache while the panels pass. */
  private static final int ROWS = 256;

  /** Multiplications that are worth a thread: some ten microseconds. */
  private static final double WORTH_A_THREAD = 1e6;

  private final Workers workers;

  PanelProducts(Workers workers) {
    this.workers = workers;
  }

  /** {@code y = f(x wᵀ + bias)}; none of the sizes is 0. */
  void multiply(
      int rows,
      int out,
      int in,
      Buffer x,
      Buffer w,
      @Nullable Buffer bias,
      @Nullable Unary f,
      Buffer y) {
    Panels panels = Panels.ofWidth(w, out, in, SmallProducts.WIDTH, workers);
    var from = OpenBlas.Matrix.read(x, rows, in, in, 1);
    var to = OpenBlas.Matrix.write(y, rows, out, out, 1);
    LayerTail tail = f == null ? null : new LayerTail(y, out, null, bias, f);
    var sums = bias == null || tail != null ? null : new RowSums(bias, out);
    FloatBuffer results = HostBuffer.floats(y);
    long weights = panels.memory(w).address(); // last: opening x, bias or y may restore it
    int count = panels.count();
    int height = Math.min(rows, ROWS);
    double work = (double) height * Math.min(out, SmallProducts.WIDTH) * in;
    // Blocks that follow each other share their rows.
    OpenBlas.alone(
        () ->
            workers.forEach(
                (rows + height - 1) / height * count,
                (int) Math.max(1, WORTH_A_THREAD / work),
                (begin, end) -> {
                  for (int n = begin; n < end; n++) {
                    int top = n / count * height;
                    int bottom = Math.min(rows, top + height);
                    int panel = n % count;
                    int left = panel * SmallProducts.WIDTH;
                    int width = panels.width(panel);
                    if (sums != null) {
                      sums.put(results, 0, top, bottom, left, left + width);
                    }
                    SmallProducts.multiply(
                        1,
                        from.rows(top, bottom),
                        OpenBlas.Matrix.at(weights, panels.start(panel), in, width),
                        sums == null ? 0 : 1,
                        to.rows(top, bottom).cols(left, left + width));
                    if (tail != null) {
                      tail.apply(top, bottom, left, width);
                    }
                  }
                }));
  }
}
