package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.host.HostNormKernels;
import java.nio.FloatBuffer;

/**
 * The host's normalizations, with a softmax by loops that the JIT turns into vector instructions.
 *
 * <p>As in {@link Gelu}, exp(−t) comes of its 256th root: {@code u = exp(t/256) − 1} is a short
 * polynomial, and eight times {@code u ← u(2 + u)} leads back. Every step rounds, so that the
 * result is good to a factor of 1 ± 10⁻⁶ (1 + t); as t exp(−t) stays below 0.37, no probability is
 * off by more than a few roundings of the largest.
 */
final class VectorNormKernels extends HostNormKernels {

  /** Floats worked on in the first-level cache. */
  private static final int TILE = 2048;

  private static final int CHUNK = 8 * TILE;

  /** exp(−FAR) is 0 in float, and exp(FAR) infinite. */
  private static final float FAR = 104;

  private final Workers workers;

  VectorNormKernels(Workers workers) {
    super(workers);
    this.workers = workers;
  }

  @Override
  public void softmax(Buffer x, Buffer y, int rows, int cols) {
    if (rows == 0 || cols == 0) {
      return;
    }
    FloatBuffer from = HostBuffer.floats(x);
    FloatBuffer to = HostBuffer.floats(y);
    int perTile = Math.max(1, TILE / cols);
    workers.forEach(
        rows,
        Math.max(perTile, CHUNK / cols),
        (begin, end) -> {
          var tile = new float[perTile * cols];
          var room = new float[(cols + 1) / 2];
          for (int row = begin; row < end; row += perTile) {
            int count = Math.min(perTile, end - row);
            from.get(row * cols, tile, 0, count * cols);
            softmax(tile, room, count, cols);
            to.put(row * cols, tile, 0, count * cols);
          }
        });
  }

  private static void softmax(float[] x, float[] room, int rows, int cols) {
    for (int r = 0; r < rows; r++) {
      fromLargest(x, r * cols, cols, largest(x, r * cols, cols, room));
    }
    Gelu.expRoot(x, rows * cols);
    power(x, rows * cols);
    reciprocal(x, rows * cols);
    for (int r = 0; r < rows; r++) {
      scale(x, r * cols, cols, 1 / sum(x, r * cols, cols, room));
    }
  }

  /** By halves, each of them a loop without a chain of dependent steps. */
  private static float largest(float[] x, int at, int n, float[] room) {
    if (n == 1) {
      return x[at];
    }
    int half = (n + 1) / 2;
    room[half - 1] = x[at + half - 1]; // alone where n is odd
    for (int i = 0; i < n - half; i++) {
      room[i] = Math.max(x[at + i], x[at + half + i]);
    }
    for (int m = half; m > 1; m = half) {
      half = (m + 1) / 2;
      for (int i = 0; i < m - half; i++) {
        room[i] = Math.max(room[i], room[half + i]);
      }
    }
    return room[0];
  }

  private static float sum(float[] x, int at, int n, float[] room) {
    if (n == 1) {
      return x[at];
    }
    int half = (n + 1) / 2;
    room[half - 1] = x[at + half - 1];
    for (int i = 0; i < n - half; i++) {
      room[i] = x[at + i] + x[at + half + i];
    }
    for (int m = half; m > 1; m = half) {
      half = (m + 1) / 2;
      for (int i = 0; i < m - half; i++) {
        room[i] += room[half + i];
      }
    }
    return room[0];
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
