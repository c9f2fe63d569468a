package dev.mmib.backend.host;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Sums of columns: {@value #RUN} rows at a time in float, and those sums in double.
 *
 * <p>The JIT makes vector instructions of additions of floats, and none of those that turn a float
 * into a double, which would take most of the time. No term is rounded more than seven times on its
 * way, however long the column: the error is below 7·2⁻²⁴ of the sum of the terms' sizes, before
 * the result is rounded to float.
 */
final class ColumnSums {

  /** Rows that are added in float. */
  static final int RUN = 16;

  private ColumnSums() {}

  /**
   * The sums of {@code n} columns, at most {@link Tiles#TILE}, from {@code at} on over rows {@code
   * [from, to)} of {@code cols} elements: in the thread's scratch of doubles 0, by its floats 0 to
   * 4.
   */
  static double[] of(FloatBuffer x, int from, int to, int cols, int at, int n) {
    var sums = Scratch.doubles(0, Tiles.TILE);
    var run = Scratch.floats(0, Tiles.TILE);
    var a = Scratch.floats(1, Tiles.TILE);
    var b = Scratch.floats(2, Tiles.TILE);
    var c = Scratch.floats(3, Tiles.TILE);
    var d = Scratch.floats(4, Tiles.TILE);
    Arrays.fill(sums, 0, n, 0);
    for (int begin = from; begin < to; begin += RUN) {
      int end = Math.min(to, begin + RUN);
      Arrays.fill(run, 0, n, 0);
      int row = begin;
      for (; row + 4 <= end; row += 4) {
        x.get(row * cols + at, a, 0, n);
        x.get((row + 1) * cols + at, b, 0, n);
        x.get((row + 2) * cols + at, c, 0, n);
        x.get((row + 3) * cols + at, d, 0, n);
        addFour(run, a, b, c, d, n);
      }
      for (; row < end; row++) {
        x.get(row * cols + at, a, 0, n);
        add(run, a, n);
      }
      addRun(sums, run, n);
    }
    return sums;
  }

  private static void addFour(float[] sum, float[] a, float[] b, float[] c, float[] d, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += (a[i] + b[i]) + (c[i] + d[i]);
    }
  }

  private static void add(float[] sum, float[] a, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += a[i];
    }
  }

  private static void addRun(double[] sums, float[] run, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += run[i];
    }
  }
}
