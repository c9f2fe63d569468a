package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.OptimizerKernels;

/** Updating parameters in plain Java. */
public final class HostOptimizerKernels implements OptimizerKernels {

  /** Elements of a tile: four arrays and what they are read from fit the first-level cache. */
  private static final int TILE = 256;

  private final Workers workers;

  public HostOptimizerKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void adam(AdamStep step, Buffer parameter, Buffer gradient, Buffer m, Buffer v) {
    var parameters = floats(parameter);
    var gradients = floats(gradient);
    var means = floats(m);
    var squares = floats(v);
    workers.forEach(
        parameter.length(),
        Tiles.CHUNK,
        (begin, end) -> {
          var p = Scratch.floats(0, TILE);
          var g = Scratch.floats(1, TILE);
          var ms = Scratch.floats(2, TILE);
          var vs = Scratch.floats(3, TILE);
          for (int at = begin; at < end; at += TILE) {
            int n = Math.min(TILE, end - at);
            parameters.get(at, p, 0, n);
            gradients.get(at, g, 0, n);
            means.get(at, ms, 0, n);
            squares.get(at, vs, 0, n);
            scale(step, g, n);
            decay(step, p, g, n);
            update(step, p, g, ms, vs, n);
            parameters.put(at, p, 0, n);
            means.put(at, ms, 0, n);
            squares.put(at, vs, 0, n);
          }
        });
  }

  private static void scale(AdamStep step, float[] g, int n) {
    if (step.gradientFactor() != 1) {
      float factor = (float) step.gradientFactor();
      for (int i = 0; i < n; i++) {
        g[i] *= factor;
      }
    }
  }

  private static void decay(AdamStep step, float[] p, float[] g, int n) {
    if (step.decoupled()) {
      float shrink = (float) (1 - step.learningRate() * step.weightDecay());
      for (int i = 0; i < n; i++) {
        p[i] *= shrink;
      }
    } else {
      float decay = (float) step.weightDecay();
      for (int i = 0; i < n; i++) {
        g[i] += decay * p[i];
      }
    }
  }

  private static void update(AdamStep step, float[] p, float[] g, float[] m, float[] v, int n) {
    float beta1 = (float) step.beta1();
    float beta2 = (float) step.beta2();
    float rest1 = (float) (1 - step.beta1());
    float rest2 = (float) (1 - step.beta2());
    float eps = (float) step.eps();
    float size = (float) (step.learningRate() / (1 - Math.pow(step.beta1(), step.step())));
    float root = (float) (1 / Math.sqrt(1 - Math.pow(step.beta2(), step.step())));
    for (int i = 0; i < n; i++) {
      m[i] = beta1 * m[i] + rest1 * g[i];
      v[i] = beta2 * v[i] + rest2 * g[i] * g[i];
      p[i] -= size * m[i] / ((float) Math.sqrt(v[i]) * root + eps);
    }
  }

  @Override
  public double sumOfSquares(Buffer x) {
    var from = floats(x);
    int chunks = Tiles.count(x.length(), Tiles.CHUNK);
    var sums = Scratch.doubles(0, chunks); // of this thread; the chunks use floats alone
    workers.forEach(
        x.length(),
        Tiles.CHUNK,
        (begin, end) -> {
          var tile = Scratch.floats(0, Tiles.TILE);
          double sum = 0;
          for (int at = begin; at < end; at += Tiles.TILE) {
            int n = Tiles.length(at, end);
            from.get(at, tile, 0, n);
            sum += sumOfSquares(tile, n);
          }
          sums[begin / Tiles.CHUNK] = sum;
        });
    double total = 0;
    for (int i = 0; i < chunks; i++) {
      total += sums[i];
    }
    return total;
  }

  private static double sumOfSquares(float[] tile, int n) {
    // Four sums, since one would wait for itself at every term.
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      a += (double) tile[i] * tile[i];
      b += (double) tile[i + 1] * tile[i + 1];
      c += (double) tile[i + 2] * tile[i + 2];
      d += (double) tile[i + 3] * tile[i + 3];
    }
    for (; i < n; i++) {
      a += (double) tile[i] * tile[i];
    }
    return a + b + (c + d);
  }
}
