package dev.mmib.cpu;

import java.util.Arrays;

/**
 * The scratch memory of one thread for stretches of a block of channels, and the loops over it.
 *
 * <p>A tile holds the numbers of whole places, so number i is of channel i mod block in every tile:
 * what is known of channels is spread to a pattern of a tile's length, and loops go over tiles
 * without a look at channels, which compilers turn into vector instructions. In a sum, each number
 * of a tile has a lane of its own.
 */
final class ChannelTiles {

  static final int SIZE = 1024;

  /** Tiles after which sums in float go to sums in double. */
  private static final int TILES_PER_SUM = 32;

  /** Times this twice, every positive number is more than 1. */
  private static final float HUGE = Float.MAX_VALUE;

  final float[] x = new float[SIZE];
  final float[] y = new float[SIZE];
  final float[] dy = new float[SIZE];
  final float[] a = new float[SIZE];
  final float[] b = new float[SIZE];
  final float[] c = new float[SIZE];
  final float[] sum = new float[SIZE];
  final float[] dot = new float[SIZE];
  final double[] sums;
  final double[] dots;
  final int block;
  int pending;

  ChannelTiles(int block) {
    this.block = block;
    this.sums = new double[block];
    this.dots = new double[block];
  }

  void clear() {
    Arrays.fill(sums, 0);
    Arrays.fill(dots, 0);
  }

  /** Counts a tile that was summed. */
  void summed() {
    if (++pending == TILES_PER_SUM) {
      fold();
    }
  }

  void fold() {
    for (int i = 0; i < SIZE; i += block) {
      for (int lane = 0; lane < block; lane++) {
        sums[lane] += sum[i + lane];
        dots[lane] += dot[i + lane];
      }
    }
    Arrays.fill(sum, 0);
    Arrays.fill(dot, 0);
    pending = 0;
  }

  /** {@code pattern[i] = value of the channel of i}; blocks are powers of two. */
  static void spread(double[] values, float[] pattern) {
    for (int lane = 0; lane < values.length; lane++) {
      pattern[lane] = (float) values[lane];
    }
    for (int filled = values.length; filled < SIZE; filled *= 2) {
      System.arraycopy(pattern, 0, pattern, filled, filled);
    }
  }

  static void sumDeviations(float[] x, float[] about, float[] sum, float[] dot, int n) {
    for (int i = 0; i < n; i++) {
      float d = x[i] - about[i];
      sum[i] += d;
      dot[i] += d * d;
    }
  }

  static void normalize(float[] x, float[] mean, float[] factor, float[] beta, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (x[i] - mean[i]) * factor[i] + beta[i];
    }
  }

  static void normalizeRectified(float[] x, float[] mean, float[] factor, float[] beta, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = Math.max((x[i] - mean[i]) * factor[i] + beta[i], 0f);
    }
  }

  static void add(float[] x, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      x[i] += y[i];
    }
  }

  static void addRectified(float[] x, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = Math.max(x[i] + y[i], 0f);
    }
  }

  /** {@code dy = 0 where y is not positive}: arithmetic where a comparison would not vectorize. */
  static void gate(float[] dy, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      dy[i] *= Math.min(1f, y[i] * HUGE * HUGE);
    }
  }

  /** The same by the y that {@link #normalize} would give. */
  static void gateNormalized(
      float[] dy, float[] x, float[] mean, float[] factor, float[] beta, int n) {
    for (int i = 0; i < n; i++) {
      float y = (x[i] - mean[i]) * factor[i] + beta[i];
      dy[i] *= Math.min(1f, Math.max(y * HUGE * HUGE, 0f));
    }
  }

  static void sumProducts(float[] x, float[] mean, float[] g, float[] sum, float[] dot, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += g[i];
      dot[i] += g[i] * (x[i] - mean[i]);
    }
  }

  static void combine(float[] x, float[] mean, float[] g, float[] p, float[] q, float[] r, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = p[i] * g[i] + q[i] * (x[i] - mean[i]) + r[i];
    }
  }
}
