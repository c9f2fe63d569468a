package dev.mmib.backend.host;

import dev.mmib.backend.kernel.PoolingKernels.Pool2d;
import java.util.ArrayList;
import java.util.List;

/**
 * The windows of a pooling over one plane: the product of intervals of rows and of columns.
 *
 * @param rows an interval of rows per output row
 * @param cols an interval of columns per output column
 */
record PoolingWindows(int height, int width, List<Interval> rows, List<Interval> cols) {

  /**
   * Positions {@code [from, to)} that lie inside the plane.
   *
   * @param divisor how many the mean counts
   */
  record Interval(int from, int to, int divisor) {}

  /** Windows of one size at regular distances. */
  static PoolingWindows of(Pool2d pool, boolean countPadding) {
    var rows = new ArrayList<Interval>();
    var cols = new ArrayList<Interval>();
    for (int i = 0; i < pool.outHeight(); i++) {
      int start = i * pool.strideHeight() - pool.padHeight();
      rows.add(clipped(start, pool.kernelHeight(), pool.height(), countPadding));
    }
    for (int j = 0; j < pool.outWidth(); j++) {
      int start = j * pool.strideWidth() - pool.padWidth();
      cols.add(clipped(start, pool.kernelWidth(), pool.width(), countPadding));
    }
    return new PoolingWindows(pool.height(), pool.width(), rows, cols);
  }

  private static Interval clipped(int start, int kernel, int extent, boolean countPadding) {
    int from = Math.max(0, start);
    int to = Math.min(extent, start + kernel);
    return new Interval(from, to, countPadding ? kernel : to - from);
  }

  /** Windows that divide the plane into so many rows and columns; neighbours may overlap. */
  static PoolingWindows adaptive(int height, int width, int outHeight, int outWidth) {
    return new PoolingWindows(height, width, parts(height, outHeight), parts(width, outWidth));
  }

  private static List<Interval> parts(int extent, int n) {
    var parts = new ArrayList<Interval>();
    for (int i = 0; i < n; i++) {
      var from = (int) ((long) i * extent / n);
      var to = (int) (((i + 1L) * extent + n - 1) / n);
      parts.add(new Interval(from, to, to - from));
    }
    return parts;
  }

  /** Elements of the plane. */
  int size() {
    return height * width;
  }

  /** Number of windows. */
  int count() {
    return rows.size() * cols.size();
  }

  /** The first largest element of each window, and its index; a NaN is larger than any number. */
  void max(float[] x, float[] largest, int[] where) {
    int n = 0;
    for (var row : rows) {
      for (var col : cols) {
        int best = row.from() * width + col.from();
        for (int i = row.from(); i < row.to(); i++) {
          for (int j = i * width + col.from(); j < i * width + col.to(); j++) {
            if (x[j] > x[best] || (Float.isNaN(x[j]) && !Float.isNaN(x[best]))) {
              best = j;
            }
          }
        }
        largest[n] = x[best];
        where[n++] = best;
      }
    }
  }

  /** The mean of each window. */
  void mean(float[] x, float[] means) {
    int n = 0;
    for (var row : rows) {
      for (var col : cols) {
        double sum = 0;
        for (int i = row.from(); i < row.to(); i++) {
          for (int j = i * width + col.from(); j < i * width + col.to(); j++) {
            sum += x[j];
          }
        }
        means[n++] = (float) (sum / ((long) row.divisor() * col.divisor()));
      }
    }
  }

  /** Adds each window's gradient, divided, to the elements under it. */
  void meanGrad(float[] dmeans, float[] dx) {
    int n = 0;
    for (var row : rows) {
      for (var col : cols) {
        var part = (float) (dmeans[n++] / (double) ((long) row.divisor() * col.divisor()));
        for (int i = row.from(); i < row.to(); i++) {
          for (int j = i * width + col.from(); j < i * width + col.to(); j++) {
            dx[j] += part;
          }
        }
      }
    }
  }
}
