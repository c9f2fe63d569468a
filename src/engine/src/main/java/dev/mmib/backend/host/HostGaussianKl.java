package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The divergence of diagonal Gaussians from N(0, I), averaged over the rows that count. */
final class HostGaussianKl {

  private final Workers workers;

  HostGaussianKl(Workers workers) {
    this.workers = workers;
  }

  void forward(Buffer mu, Buffer logVar, @Nullable Buffer mask, Buffer kl, int rows, int cols) {
    var means = floats(mu);
    var logs = floats(logVar);
    var kept = kept(mask, rows);
    var sums = new double[rows];
    workers.forEach(
        rows,
        Tiles.rows(cols),
        (begin, end) -> {
          var m = Scratch.floats(0, cols);
          var s = Scratch.floats(1, cols);
          for (int row = begin; row < end; row++) {
            if (kept[row]) {
              means.get(row * cols, m, 0, cols);
              logs.get(row * cols, s, 0, cols);
              sums[row] = sum(m, s, cols);
            }
          }
        });
    double total = 0;
    for (double sum : sums) {
      total += sum;
    }
    floats(kl).put(0, (float) (-0.5 * total / elements(kept, cols)));
  }

  private static double sum(float[] mu, float[] logVar, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double m = mu[i];
      // 1 + s − eˢ, without cancellation near s = 0
      sum += logVar[i] - Math.expm1(logVar[i]) - m * m;
    }
    return sum;
  }

  void backward(
      Buffer mu,
      Buffer logVar,
      @Nullable Buffer mask,
      Buffer dkl,
      Buffer dmu,
      Buffer dlogVar,
      int rows,
      int cols) {
    var means = floats(mu);
    var logs = floats(logVar);
    var toMeans = floats(dmu);
    var toLogs = floats(dlogVar);
    var kept = kept(mask, rows);
    double factor = floats(dkl).get(0) / elements(kept, cols);
    workers.forEach(
        rows,
        Tiles.rows(cols),
        (begin, end) -> {
          var m = Scratch.floats(0, cols);
          var s = Scratch.floats(1, cols);
          var zeros = Scratch.floats(2, cols);
          Arrays.fill(zeros, 0, cols, 0);
          for (int row = begin; row < end; row++) {
            if (kept[row]) {
              means.get(row * cols, m, 0, cols);
              logs.get(row * cols, s, 0, cols);
              for (int i = 0; i < cols; i++) {
                m[i] = (float) (factor * m[i]);
                s[i] = (float) (0.5 * factor * Math.expm1(s[i]));
              }
            }
            toMeans.put(row * cols, kept[row] ? m : zeros, 0, cols);
            toLogs.put(row * cols, kept[row] ? s : zeros, 0, cols);
          }
        });
  }

  private static boolean[] kept(@Nullable Buffer mask, int rows) {
    FloatBuffer values = mask == null ? null : floats(mask);
    var kept = new boolean[rows];
    for (int row = 0; row < rows; row++) {
      kept[row] = values == null || values.get(row) != 0;
    }
    return kept;
  }

  private static double elements(boolean[] kept, int cols) {
    int rows = 0;
    for (boolean k : kept) {
      rows += k ? 1 : 0;
    }
    if (rows == 0) {
      throw new IllegalArgumentException(
          "gaussianKl: the mask keeps none of " + kept.length + " rows: keep at least one");
    }
    return (double) rows * cols;
  }
}
