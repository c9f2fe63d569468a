package dev.mmib.cpu;

import dev.mmib.backend.host.PhiloxTile;
import dev.mmib.backend.host.Scratch;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.Dropout;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What attention does to rows of scores between two products: masks and dropout. */
public final class HeadRows {

  /** Floats worked on in the first-level cache. */
  private static final int TILE = 1024;

  private HeadRows() {}

  /**
   * Writes {@code value} where a mask is 0.
   *
   * @param b the sequence whose scores they are
   * @param first the query of the first of {@code rows} rows
   * @param scores [rows, keys] from {@code at} on
   */
  public static void fillMasked(
      Heads h,
      @Nullable FloatBuffer keyMask,
      @Nullable FloatBuffer queryMask,
      int b,
      int first,
      int rows,
      FloatBuffer scores,
      int at,
      float value) {
    if (keyMask == null && queryMask == null) {
      return;
    }
    int keys = h.keys();
    float[] values = Scratch.floats(0, keys);
    Arrays.fill(values, 0, keys, value);
    for (int i = 0; queryMask != null && i < rows; i++) {
      if (queryMask.get(b * h.queries() + first + i) == 0) {
        scores.put(at + i * keys, values, 0, keys);
      }
    }
    for (int j = 0; keyMask != null && j < keys; j++) {
      int from = j;
      while (j < keys && keyMask.get(b * keys + j) == 0) {
        j++;
      }
      for (int i = 0; j > from && i < rows; i++) {
        scores.put(at + i * keys + from, values, 0, j - from);
      }
    }
  }

  /**
   * {@code dropped = dropout(p)}, and makes {@code p} negative where it struck.
   *
   * @param element the index of the first of {@code n} numbers, which are at {@code at}
   */
  static void drop(
      Dropout dropout, long element, FloatBuffer p, int at, FloatBuffer dropped, int to, int n) {
    float[] values = Scratch.floats(0, TILE);
    float[] factors = Scratch.floats(1, TILE);
    PhiloxTile random = PhiloxTile.ofThread();
    for (int i = 0; i < n; i += TILE) {
      int m = Math.min(TILE, n - i);
      p.get(at + i, values, 0, m);
      random.factors(dropout, element + i, factors, m);
      drop(values, factors, m);
      p.put(at + i, values, 0, m);
      dropped.put(to + i, factors, 0, m);
    }
  }

  private static void drop(float[] values, float[] factors, int n) {
    for (int i = 0; i < n; i++) {
      float sign = 2 * Math.min(factors[i], 1) - 1; // factors are 0 or at least 1
      factors[i] *= values[i];
      values[i] *= sign;
    }
  }

  /**
   * {@code dS = D⊙dD − P Σ D⊙dD} along rows, which is the gradient through dropout and softmax at
   * once since {@code P⊙dropout′(dD) = D⊙dD}; recovers D too.
   *
   * @param signedP [rows, keys] from {@code at} on: P, negative where dropout struck
   * @param dropped overwritten with D from {@code toD} on
   * @param ds dD from {@code toS} on, overwritten with dS
   */
  static void softmaxDropoutGrad(
      Dropout dropout,
      int rows,
      int keys,
      FloatBuffer signedP,
      int at,
      FloatBuffer dropped,
      int toD,
      FloatBuffer ds,
      int toS) {
    float scale = (float) (1 / (1 - dropout.p()));
    int most = Math.max(1, TILE / keys);
    float[] p = Scratch.floats(0, most * keys);
    float[] d = Scratch.floats(1, most * keys);
    float[] g = Scratch.floats(2, most * keys);
    for (int row = 0; row < rows; row += most) {
      int count = Math.min(most, rows - row);
      int from = row * keys;
      int n = count * keys;
      signedP.get(at + from, p, 0, n);
      ds.get(toS + from, g, 0, n);
      recover(p, d, g, scale, n);
      for (int r = 0; r < count; r++) {
        subtract(p, g, r * keys, keys, sum(g, r * keys, keys));
      }
      dropped.put(toD + from, d, 0, n);
      ds.put(toS + from, g, 0, n);
    }
  }

  private static void recover(float[] p, float[] d, float[] g, float scale, int n) {
    for (int i = 0; i < n; i++) {
      d[i] = Math.max(p[i], 0) * scale;
      g[i] *= d[i];
      p[i] = Math.abs(p[i]);
    }
  }

  /** Four sums, since one would wait for itself at every term. */
  private static float sum(float[] g, int at, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      a += g[at + i];
      b += g[at + i + 1];
      c += g[at + i + 2];
      d += g[at + i + 3];
    }
    for (; i < n; i++) {
      a += g[at + i];
    }
    return (float) (a + b + (c + d));
  }

  private static void subtract(float[] p, float[] g, int at, int n, float total) {
    for (int i = at; i < at + n; i++) {
      g[i] -= p[i] * total;
    }
  }
}
