package dev.mmib.cpu;

import dev.mmib.backend.kernel.PoolingKernels.Pool2d;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The largest of each window over one block of channels of one picture, row by row; one thread's.
 */
final class MaxWindows {

  /** Times this twice, every positive number is more than all places. */
  private static final float HUGE = Float.MAX_VALUE;

  /** Places that a float counts exactly. */
  static final int MOST_PLACES = 1 << 24;

  /** A row of outputs, [columns, block]. */
  final float[] largest;

  /** The place in the input of each of them, [block, columns]. */
  final int[] where;

  private final Pool2d pool;
  private final int block;
  private final int rowLength;

  /** The rows of a window; row r of the input is number r mod their number. */
  private final float[][] rows;

  /** The next row that is to be loaded. */
  private int loaded;

  /** The largest of each column over a window's rows. */
  private final float[] columns;

  /** The numbers at one place of all windows of a row. */
  private final float[] line;

  /** The column in which each output's window begins. */
  private final float[] begin;

  private final float[] place;

  MaxWindows(Pool2d pool, int block) {
    this.pool = pool;
    this.block = block;
    this.rowLength = pool.width() * block;
    int outputs = pool.outWidth() * block;
    this.rows = new float[Math.min(pool.kernelHeight(), pool.height())][rowLength];
    this.columns = new float[rowLength];
    this.largest = new float[outputs];
    this.where = new int[outputs];
    this.line = new float[outputs];
    this.begin = new float[outputs];
    this.place = new float[outputs];
    for (int i = 0; i < outputs; i++) {
      begin[i] = i / block * pool.strideWidth() - pool.padWidth();
    }
  }

  private int firstRow(int i) {
    return Math.max(0, i * pool.strideHeight() - pool.padHeight());
  }

  private int endRow(int i) {
    int top = i * pool.strideHeight() - pool.padHeight();
    return Math.min(pool.height(), top + pool.kernelHeight());
  }

  private float[] row(int r) {
    return rows[r % rows.length];
  }

  /**
   * Fills {@link #largest} for row {@code i} of the output; rows are asked for in their order.
   *
   * @param at where the plane begins
   */
  void largest(int i, FloatBuffer x, int at) {
    int end = endRow(i);
    for (int r = Math.max(loaded, firstRow(i)); r < end; r++) {
      x.get(at + r * rowLength, row(r), 0, rowLength);
    }
    loaded = end;
    System.arraycopy(row(firstRow(i)), 0, columns, 0, rowLength);
    for (int r = firstRow(i) + 1; r < end; r++) {
      larger(columns, row(r), rowLength);
    }
    Arrays.fill(largest, Float.NEGATIVE_INFINITY);
    for (int q = 0; q < pool.kernelWidth(); q++) {
      gather(columns, q, Float.NEGATIVE_INFINITY);
      larger(largest, line, line.length);
    }
  }

  private static void larger(float[] a, float[] b, int n) {
    for (int k = 0; k < n; k++) {
      a[k] = Math.max(a[k], b[k]);
    }
  }

  /** What column {@code q} of each window has in a row; {@code outside} where it is padding. */
  private void gather(float[] row, int q, float outside) {
    for (int j = 0; j < pool.outWidth(); j++) {
      int column = j * pool.strideWidth() - pool.padWidth() + q;
      if (column >= 0 && column < pool.width()) {
        System.arraycopy(row, column * block, line, j * block, block);
      } else {
        Arrays.fill(line, j * block, (j + 1) * block, outside);
      }
    }
  }

  /** Fills {@link #where} for the same row: the first place, row by row, that holds the largest. */
  void places(int i) {
    Arrays.fill(place, Float.POSITIVE_INFINITY);
    for (int r = firstRow(i); r < endRow(i); r++) {
      for (int q = 0; q < pool.kernelWidth(); q++) {
        gather(row(r), q, Float.NEGATIVE_INFINITY);
        first(place, begin, r * pool.width() + q, largest, line, place.length);
      }
    }
    int n = pool.outWidth();
    for (int j = 0; j < n; j++) {
      for (int lane = 0; lane < block; lane++) {
        float at = place[j * block + lane];
        where[lane * n + j] = at < MOST_PLACES ? (int) at : find(i, j, lane);
      }
    }
  }

  /** {@code place = min(place, here)} where v is the largest: arithmetic that vectorizes. */
  private static void first(
      float[] place, float[] begin, float more, float[] largest, float[] v, int n) {
    for (int k = 0; k < n; k++) {
      place[k] = Math.min(place[k], begin[k] + more + (largest[k] - v[k]) * HUGE * HUGE);
    }
  }

  /** The same, one by one: for windows whose largest is infinite or no number. */
  private int find(int i, int j, int lane) {
    float best = largest[j * block + lane];
    int left = j * pool.strideWidth() - pool.padWidth();
    for (int r = firstRow(i); ; r++) {
      for (int c = Math.max(0, left); c < Math.min(pool.width(), left + pool.kernelWidth()); c++) {
        float v = row(r)[c * block + lane];
        if (v == best || (Float.isNaN(v) && Float.isNaN(best))) {
          return r * pool.width() + c;
        }
      }
    }
  }
}
