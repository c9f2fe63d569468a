package dev.mmib.backend.host;

import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Attention of one head over one sequence; the working memory serves one (sequence, head) after
 * another.
 *
 * <p>The forward pass calls {@link #probabilities} and {@link #output}; the backward pass {@link
 * #dscores} and then the gradients.
 */
final class AttentionHead {

  private static final float MASKED = -1_000_000_000;

  private final Heads heads;
  private final int queries;
  private final int keys;
  private final int dim;
  private final int width;
  private final Dropout dropout;
  private final @Nullable FloatBuffer keyMask;
  private final @Nullable FloatBuffer queryMask;
  private final float[] keepKey;
  private final float[] keepQuery;
  private final float[] factors;
  private final float[][] byQuery; // rows of Q or dout
  private final float[][] byKey; // rows of K or V
  private final float[][] columns; // Kᵀ or Vᵀ
  private final float[][] p; // P, then D
  private final float[][] ds; // dS
  private int batch;
  private int head;
  private int first; // index of this head's first probability

  AttentionHead(Heads heads, Masks masks, Dropout dropout) {
    this.heads = heads;
    this.queries = heads.queries();
    this.keys = heads.keys();
    this.dim = heads.headDim();
    this.width = heads.width();
    this.dropout = dropout;
    this.keyMask = masks.keys() == null ? null : HostBuffer.floats(masks.keys());
    this.queryMask = masks.queries() == null ? null : HostBuffer.floats(masks.queries());
    this.keepKey = new float[keys];
    this.keepQuery = new float[queries];
    this.factors = new float[keys];
    this.byQuery = Rows.zeros(queries, dim);
    this.byKey = Rows.zeros(keys, dim);
    this.columns = Rows.zeros(dim, keys);
    this.p = Rows.zeros(queries, keys);
    this.ds = Rows.zeros(queries, keys);
  }

  /** Turns to the {@code n}-th of the batch · heads pairs. */
  void select(int n) {
    batch = n / heads.heads();
    head = n % heads.heads();
    first = n * queries * keys;
    readMask(keyMask, keepKey);
    readMask(queryMask, keepQuery);
  }

  private void readMask(@Nullable FloatBuffer mask, float[] keep) {
    if (mask == null) {
      Arrays.fill(keep, 1);
    } else {
      mask.get(batch * keep.length, keep, 0, keep.length);
    }
  }

  /** Where this head's part of the first row of a [batch, rows, width] array is. */
  private int at(int rows) {
    return batch * rows * width + head * dim;
  }

  /** P = softmax(scale · Q Kᵀ, masked), which is also written to {@code saved}. */
  void probabilities(FloatBuffer q, FloatBuffer k, FloatBuffer saved) {
    Rows.read(q, at(queries), width, byQuery, queries, dim);
    Rows.read(k, at(keys), width, byKey, keys, dim);
    Rows.transpose(byKey, keys, dim, columns);
    Rows.clear(p, queries, keys);
    Rows.addProduct(byQuery, columns, p, queries, keys, dim);
    for (int i = 0; i < queries; i++) {
      scaleAndMask(p[i], keepQuery[i]);
      softmax(p[i], keys);
    }
    Rows.write(p, queries, keys, saved, first, keys);
  }

  private void scaleAndMask(float[] scores, float query) {
    var scale = (float) heads.scale();
    for (int j = 0; j < keys; j++) {
      scores[j] = query == 0 || keepKey[j] == 0 ? MASKED : scores[j] * scale;
    }
  }

  private static void softmax(float[] x, int n) {
    float max = x[0];
    for (int j = 1; j < n; j++) {
      max = Math.max(max, x[j]);
    }
    double sum = 0;
    for (int j = 0; j < n; j++) {
      double e = Math.exp(x[j] - max);
      x[j] = (float) e;
      sum += e;
    }
    var inverse = (float) (1 / sum);
    for (int j = 0; j < n; j++) {
      x[j] *= inverse;
    }
  }

  /** out = D V. */
  void output(FloatBuffer v, FloatBuffer out) {
    Rows.read(v, at(keys), width, byKey, keys, dim);
    for (int i = 0; i < queries; i++) {
      drop(i, p[i]);
    }
    Rows.clear(byQuery, queries, dim);
    Rows.addProduct(p, byKey, byQuery, queries, dim, keys);
    Rows.write(byQuery, queries, dim, out, at(queries), width);
  }

  /** Applies the factors of row {@code i} to {@code row}. */
  private void drop(int i, float[] row) {
    if (dropout.isNone()) {
      return;
    }
    PhiloxTile.ofThread().factors(dropout, first + (long) i * keys, factors, keys);
    for (int j = 0; j < keys; j++) {
      row[j] *= factors[j];
    }
  }

  /** dS, times scale; leaves D and the rows of {@code dout} for the gradients. */
  void dscores(FloatBuffer v, FloatBuffer saved, FloatBuffer dout) {
    Rows.read(dout, at(queries), width, byQuery, queries, dim);
    Rows.read(v, at(keys), width, byKey, keys, dim);
    Rows.transpose(byKey, keys, dim, columns);
    Rows.clear(ds, queries, keys);
    Rows.addProduct(byQuery, columns, ds, queries, keys, dim); // dD
    Rows.read(saved, first, keys, p, queries, keys);
    var scale = (float) heads.scale();
    for (int i = 0; i < queries; i++) {
      var pRow = p[i];
      var dRow = ds[i];
      drop(i, dRow); // dP
      double sum = 0;
      for (int j = 0; j < keys; j++) {
        sum += (double) dRow[j] * pRow[j];
      }
      var mean = (float) sum;
      for (int j = 0; j < keys; j++) {
        boolean masked = keepQuery[i] == 0 || keepKey[j] == 0;
        dRow[j] = masked ? 0 : pRow[j] * (dRow[j] - mean) * scale;
      }
      drop(i, pRow); // D
    }
  }

  /** dV = Dᵀ dout. */
  void dvalues(FloatBuffer dv) {
    Rows.clear(byKey, keys, dim);
    Rows.addTransposedProduct(p, byQuery, byKey, keys, dim, queries);
    Rows.write(byKey, keys, dim, dv, at(keys), width);
  }

  /** dQ = dS K. */
  void dqueries(FloatBuffer k, FloatBuffer dq) {
    Rows.read(k, at(keys), width, byKey, keys, dim);
    Rows.clear(byQuery, queries, dim);
    Rows.addProduct(ds, byKey, byQuery, queries, dim, keys);
    Rows.write(byQuery, queries, dim, dq, at(queries), width);
  }

  /** dK = dSᵀ Q. */
  void dkeys(FloatBuffer q, FloatBuffer dk) {
    Rows.read(q, at(queries), width, byQuery, queries, dim);
    Rows.clear(byKey, keys, dim);
    Rows.addTransposedProduct(ds, byQuery, byKey, keys, dim, queries);
    Rows.write(byKey, keys, dim, dk, at(keys), width);
  }
}
