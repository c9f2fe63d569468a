package dev.mmib.cpu;

import dev.mmib.backend.host.Scratch;
import java.nio.FloatBuffer;

/**
 * Softmax by loops that the JIT turns into vector instructions.
 *
 * <p>As in {@link Gelu}, exp(−t) comes of its 256th root: {@code u = exp(t/256) − 1} is a short
 * polynomial, and eight times {@code u ← u(2 + u)} leads back. Every step rounds, so that the
 * result is good to a factor of 1 ± 10⁻⁶ (1 + t); as t exp(−t) stays below 0.37, no probability is
 * off by more than a few roundings of the largest.
 */
public final class VectorSoftmax {

  /** Floats worked on in the first-level cache. */
  private static final int TILE = 2048;

  /** exp(−FAR) is 0 in float, and exp(FAR) infinite. */
  private static final float FAR = 104;

  private VectorSoftmax() {}

  /**
   * {@code y = softmax(x)} along rows, by the thread that calls.
   *
   * @param x [rows, cols] from {@code at} on
   * @param y the same from {@code to} on; may be x itself
   */
  public static void apply(FloatBuffer x, int at, FloatBuffer y, int to, int rows, int cols) {
    int most = Math.max(1, TILE / cols);
    var tile = Scratch.floats(0, most * cols);
    var room = Scratch.floats(1, (cols + 1) / 2);
    for (int row = 0; row < rows; row += most) {
      int count = Math.min(most, rows - row);
      x.get(at + row * cols, tile, 0, count * cols);
      softmax(tile, room, count, cols);
      y.put(to + row * cols, tile, 0, count * cols);
    }
  }

  private static void softmax(float[] x, float[] room, int rows, int cols) {
    for (int r = 0; r < rows; r++) {
      fromLargest(x, r * cols, cols, Halves.largest(x, r * cols, cols, room));
    }
    Gelu.expRoot(x, rows * cols);
    power(x, rows * cols);
    reciprocal(x, rows * cols);
    for (int r = 0; r < rows; r++) {
      scale(x, r * cols, cols, 1 / Halves.sum(x, r * cols, cols, room));
    }
  }

  /** {@code x ← (largest − x)/256}, at most FAR of it. */
  private static void fromLargest(float[] x, int at, int n, float largest) {
    for (int i = at; i < at + n; i++) {
      x[i] = Math.min(largest - x[i], FAR) * (1f / 256);
    }
  }

  /** {@code 1 + u ← (1 + u)²⁵⁶}. */
  private static void power(float[] u, int n) {
    for (int i = 0; i < n; i++) {
      float v = u[i];
      v *= 2 + v;
      v *= 2 + v;
      v *= 2 + v;
      v *= 2 + v;
      v *= 2 + v;
      v *= 2 + v;
      v *= 2 + v;
      u[i] = v * (2 + v);
    }
  }

  private static void reciprocal(float[] u, int n) {
    for (int i = 0; i < n; i++) {
      u[i] = 1 / (1 + u[i]);
    }
  }

  private static void scale(float[] x, int at, int n, float factor) {
    for (int i = at; i < at + n; i++) {
      x[i] *= factor;
    }
  }
}
