package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import java.util.Arrays;

/** Layer normalization along rows, with its gradients. */
final class HostLayerNorm {

  private final Workers workers;

  HostLayerNorm(Workers workers) {
    this.workers = workers;
  }

  void forward(
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    var from = floats(x);
    var to = floats(y);
    var means = floats(mean);
    var invStds = floats(invStd);
    var scales = all(gamma, cols);
    var shifts = all(beta, cols);
    workers.forEach(
        rows,
        Tiles.rows(cols),
        (begin, end) -> {
          var v = Scratch.floats(0, cols);
          for (int row = begin; row < end; row++) {
            from.get(row * cols, v, 0, cols);
            double m = mean(v, cols);
            double factor = 1 / Math.sqrt(variance(v, m, cols) + eps);
            means.put(row, (float) m);
            invStds.put(row, (float) factor);
            for (int i = 0; i < cols; i++) {
              v[i] = (float) ((v[i] - m) * factor) * scales[i] + shifts[i];
            }
            to.put(row * cols, v, 0, cols);
          }
        });
  }

  private static float[] all(Buffer buffer, int n) {
    var values = new float[n];
    floats(buffer).get(0, values, 0, n);
    return values;
  }

  private static double mean(float[] v, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += v[i];
    }
    return sum / n;
  }

  private static double variance(float[] v, double mean, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double d = v[i] - mean;
      sum += d * d;
    }
    return sum / n;
  }

  void backwardData(
      Buffer x,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      int rows,
      int cols) {
    var from = floats(x);
    var upstream = floats(dy);
    var to = floats(dx);
    var means = floats(mean);
    var invStds = floats(invStd);
    var scales = all(gamma, cols);
    workers.forEach(
        rows,
        Tiles.rows(cols),
        (begin, end) -> {
          var hat = Scratch.floats(0, cols);
          var g = Scratch.floats(1, cols);
          for (int row = begin; row < end; row++) {
            from.get(row * cols, hat, 0, cols);
            upstream.get(row * cols, g, 0, cols);
            float m = means.get(row);
            float factor = invStds.get(row);
            double sum = 0;
            double dot = 0;
            for (int i = 0; i < cols; i++) {
              hat[i] = (hat[i] - m) * factor;
              g[i] *= scales[i];
              sum += g[i];
              dot += (double) g[i] * hat[i];
            }
            float meanOfG = (float) (sum / cols);
            float meanOfDot = (float) (dot / cols);
            for (int i = 0; i < cols; i++) {
              g[i] = factor * (g[i] - meanOfG - hat[i] * meanOfDot);
            }
            to.put(row * cols, g, 0, cols);
          }
        });
  }

  /** {@code dgamma = Σ dy⊙x̂, dbeta = Σ dy} over the rows, a strip of columns a thread. */
  void backwardWeights(
      Buffer x,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    var from = floats(x);
    var upstream = floats(dy);
    var means = all(mean, rows);
    var invStds = all(invStd, rows);
    var toGamma = floats(dgamma);
    var toBeta = floats(dbeta);
    workers.forEach(
        cols,
        256,
        (begin, end) -> {
          int n = end - begin;
          var v = Scratch.floats(0, n);
          var d = Scratch.floats(1, n);
          var gammaSums = Scratch.doubles(0, n);
          var betaSums = Scratch.doubles(1, n);
          Arrays.fill(gammaSums, 0, n, 0);
          Arrays.fill(betaSums, 0, n, 0);
          for (int row = 0; row < rows; row++) {
            from.get(row * cols + begin, v, 0, n);
            upstream.get(row * cols + begin, d, 0, n);
            addRow(v, d, means[row], invStds[row], gammaSums, betaSums, n);
          }
          for (int i = 0; i < n; i++) {
            toGamma.put(begin + i, (float) gammaSums[i]);
            toBeta.put(begin + i, (float) betaSums[i]);
          }
        });
  }

  private static void addRow(
      float[] x,
      float[] dy,
      float mean,
      float invStd,
      double[] gammaSums,
      double[] betaSums,
      int n) {
    for (int i = 0; i < n; i++) {
      gammaSums[i] += dy[i] * ((x[i] - mean) * invStd);
      betaSums[i] += dy[i];
    }
  }
}
