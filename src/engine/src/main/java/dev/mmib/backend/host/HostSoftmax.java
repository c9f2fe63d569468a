package dev.mmib.backend.host;

import dev.mmib.backend.Workers;
import java.nio.FloatBuffer;

/** Softmax and its logarithm along rows, with their gradients. */
final class HostSoftmax {

  private final Workers workers;

  HostSoftmax(Workers workers) {
    this.workers = workers;
  }

  void softmax(FloatBuffer x, FloatBuffer y, int rows, int cols) {
    forEachRow(
        rows,
        cols,
        (at, row, unused) -> {
          x.get(at, row, 0, cols);
          float max = max(row, cols);
          double sum = 0;
          for (int i = 0; i < cols; i++) {
            row[i] = (float) Math.exp(row[i] - max);
            sum += row[i];
          }
          float factor = (float) (1 / sum);
          for (int i = 0; i < cols; i++) {
            row[i] *= factor;
          }
          y.put(at, row, 0, cols);
        });
  }

  void softmaxGrad(FloatBuffer y, FloatBuffer dy, FloatBuffer dx, int rows, int cols) {
    forEachRow(
        rows,
        cols,
        (at, p, d) -> {
          y.get(at, p, 0, cols);
          dy.get(at, d, 0, cols);
          double dot = 0;
          for (int i = 0; i < cols; i++) {
            dot += (double) d[i] * p[i];
          }
          float mean = (float) dot;
          for (int i = 0; i < cols; i++) {
            d[i] = p[i] * (d[i] - mean);
          }
          dx.put(at, d, 0, cols);
        });
  }

  void logSoftmax(FloatBuffer x, FloatBuffer y, int rows, int cols) {
    forEachRow(
        rows,
        cols,
        (at, row, unused) -> {
          x.get(at, row, 0, cols);
          float max = max(row, cols);
          double sum = 0;
          for (int i = 0; i < cols; i++) {
            sum += Math.exp(row[i] - max);
          }
          float log = (float) Math.log(sum);
          for (int i = 0; i < cols; i++) {
            row[i] = row[i] - max - log;
          }
          y.put(at, row, 0, cols);
        });
  }

  void logSoftmaxGrad(FloatBuffer y, FloatBuffer dy, FloatBuffer dx, int rows, int cols) {
    forEachRow(
        rows,
        cols,
        (at, logs, d) -> {
          y.get(at, logs, 0, cols);
          dy.get(at, d, 0, cols);
          double sum = 0;
          for (int i = 0; i < cols; i++) {
            sum += d[i];
          }
          for (int i = 0; i < cols; i++) {
            d[i] = (float) (d[i] - Math.exp(logs[i]) * sum);
          }
          dx.put(at, d, 0, cols);
        });
  }

  private static float max(float[] row, int n) {
    float max = row[0];
    for (int i = 1; i < n; i++) {
      max = Math.max(max, row[i]);
    }
    return max;
  }

  /** Works on the row that starts at {@code at}, with two rows as scratch. */
  @FunctionalInterface
  private interface Row {
    void run(int at, float[] a, float[] b);
  }

  private void forEachRow(int rows, int cols, Row body) {
    workers.forEach(
        rows,
        Tiles.rows(cols),
        (begin, end) -> {
          var a = Scratch.floats(0, cols);
          var b = Scratch.floats(1, cols);
          for (int row = begin; row < end; row++) {
            body.run(row * cols, a, b);
          }
        });
  }
}
