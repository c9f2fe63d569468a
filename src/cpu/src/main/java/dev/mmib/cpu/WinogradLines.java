package dev.mmib.cpu;

/**
 * Winograd's minimal filtering in one dimension, F(4, 3): four outputs of three weights from six
 * inputs by six products, over lines of many neighbours at once.
 *
 * <pre>
 *   y = Aᵀ((G w) ⊙ (Bᵀ d))
 * </pre>
 *
 * <p>The polynomials of Toom and Cook at 0, ±5/8, ±3/2 and infinity, as oneDNN's own code for
 * AVX-512 had them while there was some: results are off by a third to a quarter of what the usual
 * ±1 and ±2 give, and the points' powers are floats.
 *
 * <p>Each loop writes one line, which compilers turn into vector instructions.
 */
final class WinogradLines {

  /** Inputs, and products, of a line. */
  static final int INPUTS = 6;

  /** Outputs of a line. */
  static final int OUTPUTS = 4;

  private static final float A = 0.625f;
  private static final float B = 1.5f;
  private static final float A2 = A * A;
  private static final float B2 = B * B;
  private static final float A2_B2 = A2 * B2;
  private static final float A2_PLUS_B2 = A2 + B2;
  private static final float A3 = A * A * A;
  private static final float B3 = B * B * B;

  private static final double[] POINTS = {0, A, -A, B, -B};

  private WinogradLines() {}

  /** Row {@code k} of G. */
  static double[] weights(int k) {
    if (k == INPUTS - 1) {
      return new double[] {0, 0, 1};
    }
    double at = POINTS[k];
    double divisor = 1;
    for (double other : POINTS) {
      divisor *= other == at ? 1 : at - other;
    }
    return new double[] {1 / divisor, at / divisor, at * at / divisor};
  }

  /** All rows of Bᵀ: six lines by six. */
  static void inputs(float[][] d, Room room, float[][] to, int n) {
    add(d[4], d[2], -B2, room.even, n);
    add(d[3], d[1], -B2, room.odd, n);
    butterfly(room.even, room.odd, A, to[1], to[2], n);
    add(d[2], d[0], -B2, room.other, n);
    add(room.even, room.other, -A2, to[0], n);
    add(d[5], d[3], -B2, room.other, n);
    add(room.other, room.odd, -A2, to[5], n);
    add(d[4], d[2], -A2, room.even, n);
    add(d[3], d[1], -A2, room.odd, n);
    butterfly(room.even, room.odd, B, to[3], to[4], n);
  }

  /** What {@link #inputs} needs beside its arguments. */
  static final class Room {
    private final float[] even;
    private final float[] odd;
    private final float[] other;

    Room(int length) {
      even = new float[length];
      odd = new float[length];
      other = new float[length];
    }
  }

  private static void add(float[] x, float[] y, float factor, float[] to, int n) {
    for (int i = 0; i < n; i++) {
      to[i] = x[i] + factor * y[i];
    }
  }

  /** {@code sum = x + factor · y, difference = x − factor · y}. */
  private static void butterfly(
      float[] x, float[] y, float factor, float[] sum, float[] difference, int n) {
    for (int i = 0; i < n; i++) {
      float a = x[i];
      float b = factor * y[i];
      sum[i] = a + b;
      difference[i] = a - b;
    }
  }

  /**
   * All rows of Aᵀ.
   *
   * @param m six lines of products, of which 1 to 4 become their sums and differences
   * @param to four lines
   */
  static void outputs(float[][] m, float[][] to, int n) {
    butterfly(m[1], m[2], 1, m[1], m[2], n);
    butterfly(m[3], m[4], 1, m[3], m[4], n);
    sum(m[0], m[1], m[3], to[0], n);
    combine(m[2], A, m[4], B, to[1], n);
    combine(m[1], A2, m[3], B2, to[2], n);
    combineAndAdd(m[2], m[4], m[5], to[3], n);
  }

  private static void sum(float[] x, float[] y, float[] z, float[] to, int n) {
    for (int i = 0; i < n; i++) {
      to[i] = x[i] + y[i] + z[i];
    }
  }

  private static void combine(float[] x, float a, float[] y, float b, float[] to, int n) {
    for (int i = 0; i < n; i++) {
      to[i] = a * x[i] + b * y[i];
    }
  }

  private static void combineAndAdd(float[] x, float[] y, float[] z, float[] to, int n) {
    for (int i = 0; i < n; i++) {
      to[i] = A3 * x[i] + B3 * y[i] + z[i];
    }
  }
}
