package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.ReductionKernels;
import java.nio.FloatBuffer;

/** Sums in plain Java, accumulated in double precision, columns as {@link ColumnSums} does. */
public final class HostReductionKernels implements ReductionKernels {

  /** Pieces of work that keep threads busy. */
  private static final int MOST_BLOCKS = 16;

  /** Rows that are worth a piece. */
  private static final int FEWEST_ROWS = 64;

  private final Workers workers;

  public HostReductionKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void sum(Buffer x, Buffer y, int outer, int axis, int inner) {
    if (inner == 1) {
      sumRows(floats(x), floats(y), outer, axis);
    } else {
      sumColumns(floats(x), floats(y), outer, axis, inner);
    }
  }

  private void sumRows(FloatBuffer x, FloatBuffer y, int rows, int cols) {
    int parts = Tiles.count(cols, Tiles.CHUNK); // one long row is shared among threads
    var sums = new double[rows * parts];
    workers.forEach(
        sums.length,
        Tiles.rows(Math.min(cols, Tiles.CHUNK)),
        (begin, end) -> {
          var tile = Scratch.floats(0, Tiles.TILE);
          for (int task = begin; task < end; task++) {
            int from = task % parts * Tiles.CHUNK;
            int to = Math.min(cols, from + Tiles.CHUNK);
            int row = task / parts * cols;
            double sum = 0;
            for (int at = from; at < to; at += Tiles.TILE) {
              int n = Tiles.length(at, to);
              x.get(row + at, tile, 0, n);
              sum += sum(tile, n);
            }
            sums[task] = sum;
          }
        });
    for (int row = 0; row < rows; row++) {
      double sum = 0;
      for (int part = 0; part < parts; part++) {
        sum += sums[row * parts + part];
      }
      y.put(row, (float) sum);
    }
  }

  private static double sum(float[] tile, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += tile[i];
    }
    return sum;
  }

  /**
   * Blocks of whole rows where outer and inner leave threads idle: memory is read from front to
   * back, and columns are too few to share.
   */
  private void sumColumns(FloatBuffer x, FloatBuffer y, int outer, int axis, int inner) {
    int strips = Tiles.count(inner, Tiles.TILE);
    int blocks = blocks(outer * strips, axis);
    int rows = Tiles.count(axis, blocks * ColumnSums.RUN) * ColumnSums.RUN; // of a block
    var parts = Scratch.doubles(1, blocks == 1 ? 0 : outer * blocks * inner);
    workers.forEach(
        outer * strips * blocks,
        Math.max(1, Tiles.rows(Math.min(inner, Tiles.TILE)) / Math.max(1, rows)),
        (begin, end) -> {
          for (int task = begin; task < end; task++) {
            int at = task % strips * Tiles.TILE;
            int n = Tiles.length(at, inner);
            int block = task / strips % blocks;
            int o = task / strips / blocks;
            int from = o * axis + block * rows;
            int to = Math.min(from + rows, (o + 1) * axis);
            double[] sums = ColumnSums.of(x, from, to, inner, at, n);
            if (blocks == 1) {
              write(sums, 0, y, o * inner + at, n);
            } else {
              System.arraycopy(sums, 0, parts, (o * blocks + block) * inner + at, n);
            }
          }
        });
    if (blocks > 1) {
      addBlocks(parts, y, outer, blocks, inner);
    }
  }

  /** A number that depends on the sizes alone, and is so small that the parts stay few. */
  private static int blocks(int tasks, int axis) {
    return Math.max(1, Math.min(MOST_BLOCKS / Math.max(1, tasks), axis / FEWEST_ROWS));
  }

  private static void addBlocks(double[] parts, FloatBuffer y, int outer, int blocks, int inner) {
    for (int o = 0; o < outer; o++) {
      int sum = o * blocks * inner;
      for (int block = 1; block < blocks; block++) {
        int at = sum + block * inner;
        for (int i = 0; i < inner; i++) {
          parts[sum + i] += parts[at + i];
        }
      }
      write(parts, sum, y, o * inner, inner);
    }
  }

  private static void write(double[] sums, int from, FloatBuffer y, int at, int n) {
    for (int i = 0; i < n; i++) {
      y.put(at + i, (float) sums[from + i]);
    }
  }
}
