package dev.mmib.backend.host;

import dev.mmib.backend.Workers;
import java.nio.FloatBuffer;

/** InfoNCE of a square of scores whose diagonal holds the pairs that match. */
final class HostInfoNce {

  private final Workers workers;

  HostInfoNce(Workers workers) {
    this.workers = workers;
  }

  void forward(FloatBuffer scores, FloatBuffer loss, int n) {
    var rows = logSums(scores, n, true);
    var columns = logSums(scores, n, false);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double match = scores.get(i * n + i);
      sum += (rows[i] - match) + (columns[i] - match);
    }
    loss.put(0, (float) (sum / (2 * n)));
  }

  void backward(FloatBuffer scores, double dloss, FloatBuffer dscores, int n) {
    var rows = logSums(scores, n, true);
    var columns = logSums(scores, n, false);
    double factor = dloss / (2 * n);
    workers.forEach(
        n,
        Tiles.rows(n),
        (begin, end) -> {
          var s = Scratch.floats(0, n);
          for (int i = begin; i < end; i++) {
            scores.get(i * n, s, 0, n);
            for (int j = 0; j < n; j++) {
              double p = Math.exp(s[j] - rows[i]) + Math.exp(s[j] - columns[j]);
              s[j] = (float) (factor * (i == j ? p - 2 : p));
            }
            dscores.put(i * n, s, 0, n);
          }
        });
  }

  /** log Σ exp of every row or of every column. */
  private double[] logSums(FloatBuffer scores, int n, boolean ofRows) {
    var sums = new double[n];
    workers.forEach(
        n,
        Tiles.rows(n),
        (begin, end) -> {
          for (int i = begin; i < end; i++) {
            int first = ofRows ? i * n : i;
            sums[i] = logSum(scores, first, ofRows ? 1 : n, n);
          }
        });
    return sums;
  }

  private static double logSum(FloatBuffer scores, int first, int stride, int n) {
    double max = scores.get(first);
    for (int j = 1; j < n; j++) {
      max = Math.max(max, scores.get(first + j * stride));
    }
    double sum = 0;
    for (int j = 0; j < n; j++) {
      sum += Math.exp(scores.get(first + j * stride) - max);
    }
    return max + Math.log(sum);
  }
}
