package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.host.Scratch;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * Products with weights that come again, which then lie in {@link Panels}.
 *
 * <p>Whoever uses the weights otherwise, such as a step of training, finds them in plain order.
 */
final class PanelProducts {

  /**
   * Rows of a block; with a panel's width its results stay in the second-level cache. Twice as many
   * took 2 % longer at 1,024 rows: threads waited for each other's last block.
   */
  private static final int ROWS = 128;

  /** Rows that no block is cut below. */
  private static final int FEWEST_ROWS = 32;

  private final Gemm gemm;
  private final Workers workers;

  PanelProducts(Gemm gemm, Workers workers) {
    this.gemm = gemm;
    this.workers = workers;
  }

  /** Lays {@code w} out in panels for products of so many rows, unless it lies so already. */
  Panels of(Buffer w, int rows, int out, int in) {
    return Panels.forRows(w, rows, out, in, workers);
  }

  /**
   * How results are cut: blocks of rows and of a panel's columns, as few as keep all threads busy.
   */
  private record Blocks(int rows, int perColumn, int columns, int perPanel) {

    static Blocks of(int rows, Panels panels, int threads) {
      int height = Math.min(rows, ROWS);
      int width = panels.widest();
      while (count(rows, height, width, panels) < threads && width > Panels.NARROW) {
        width /= 2;
      }
      while (count(rows, height, width, panels) < threads && height > FEWEST_ROWS) {
        height = (height + 1) / 2;
      }
      return new Blocks(height, ceil(rows, height), width, panels.widest() / width);
    }

    private static int count(int rows, int height, int width, Panels panels) {
      return ceil(rows, height) * ceil(panels.out(), width);
    }

    private static int ceil(int a, int b) {
      return (a + b - 1) / b;
    }
  }

  /** {@code y = f(x wᵀ + bias)}, where {@code w} lies in {@code panels}. */
  void multiply(
      int rows,
      Buffer x,
      Buffer w,
      Panels panels,
      @Nullable Buffer bias,
      @Nullable Unary f,
      Buffer y) {
    int out = panels.out();
    int in = panels.in();
    int threads = gemm.threadsFor(rows, out, in);
    Blocks blocks = Blocks.of(rows, panels, threads);
    var from = Gemm.Place.read(x, 0, rows, in, in, 1);
    var to = Gemm.Place.write(y, 0, rows, out, out, 1);
    LayerTail tail = f == null ? null : new LayerTail(y, out, null, bias, f);
    FloatBuffer shifts = bias == null || tail != null ? null : HostBuffer.floats(bias);
    FloatBuffer results = HostBuffer.floats(y);
    BytePointer weights = panels.memory(w); // last: opening x, bias or y may restore it
    // Blocks that follow each other share their weights.
    gemm.forEach(
        threads,
        blocks.perColumn() * blocks.perPanel() * panels.count(),
        block -> {
          int row = block % blocks.perColumn() * blocks.rows();
          int end = Math.min(rows, row + blocks.rows());
          int strip = block / blocks.perColumn();
          int panel = strip / blocks.perPanel();
          int column = strip % blocks.perPanel() * blocks.columns();
          int width = Math.min(blocks.columns(), panels.width(panel) - column);
          if (width <= 0) {
            return; // the last panel may be narrow
          }
          int first = panel * panels.widest() + column;
          if (shifts != null) {
            repeat(shifts, first, width, results, row, end, out);
          }
          Gemm.call(
              1,
              from.rows(row, end),
              Gemm.Place.at(
                  weights, panels.start(panel) + column, in, width, panels.width(panel), 1),
              shifts == null ? 0 : 1,
              to.rows(row, end).cols(first, first + width));
          if (tail != null) {
            tail.apply(row, end, first, width);
          }
        });
  }

  /** Where the sums of a block begin. */
  private static void repeat(
      FloatBuffer bias, int first, int width, FloatBuffer y, int from, int end, int out) {
    var row = Scratch.floats(0, width);
    bias.get(first, row, 0, width);
    for (int r = from; r < end; r++) {
      y.put(r * out + first, row, 0, width);
    }
  }
}
