package dev.mmib.backend.host;

import dev.mmib.backend.Workers;
import java.nio.FloatBuffer;

/** Rows of Euclidean length 1, with their gradient. */
final class HostRowNorm {

  private static final double EPS = 1e-24; // a row of zeros stays one

  private final Workers workers;

  HostRowNorm(Workers workers) {
    this.workers = workers;
  }

  void forward(FloatBuffer x, FloatBuffer y, FloatBuffer invNorm, int rows, int cols) {
    workers.forEach(
        rows,
        Tiles.rows(cols),
        (begin, end) -> {
          var v = new float[cols];
          for (int row = begin; row < end; row++) {
            x.get(row * cols, v, 0, cols);
            double factor = 1 / Math.sqrt(dot(v, v, cols) + EPS);
            for (int i = 0; i < cols; i++) {
              v[i] = (float) (v[i] * factor);
            }
            y.put(row * cols, v, 0, cols);
            invNorm.put(row, (float) factor);
          }
        });
  }

  void backward(
      FloatBuffer y, FloatBuffer invNorm, FloatBuffer dy, FloatBuffer dx, int rows, int cols) {
    workers.forEach(
        rows,
        Tiles.rows(cols),
        (begin, end) -> {
          var v = new float[cols];
          var d = new float[cols];
          for (int row = begin; row < end; row++) {
            y.get(row * cols, v, 0, cols);
            dy.get(row * cols, d, 0, cols);
            double factor = invNorm.get(row);
            double along = dot(d, v, cols);
            for (int i = 0; i < cols; i++) {
              d[i] = (float) (factor * (d[i] - v[i] * along));
            }
            dx.put(row * cols, d, 0, cols);
          }
        });
  }

  private static double dot(float[] a, float[] b, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
