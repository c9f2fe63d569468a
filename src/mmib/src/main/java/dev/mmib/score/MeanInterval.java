package dev.mmib.score;

import java.util.Arrays;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.StatUtils;

/**
 * A mean with the 95 % confidence interval of Student's t.
 *
 * <pre>
 *   mean ± t(0.975, n − 1) · s / √n        s² = Σ (x − mean)² / (n − 1)
 * </pre>
 *
 * <p>Of a measurement repeated under other seeds it says where the mean over all seeds lies, so far
 * as the values are close to normally distributed. It tells nothing of other data sets.
 *
 * @param low the lower end of the interval
 * @param high the upper end
 * @param n how many values there are
 */
public record MeanInterval(double mean, double low, double high, int n) {

  private static final double UPPER = 0.975;

  /** Of two or more finite values. */
  public static MeanInterval of(double[] values) {
    int n = values.length;
    if (n < 2) {
      throw new IllegalArgumentException("interval: " + n + " vs 2 or more values: repeat it");
    }
    if (!Arrays.stream(values).allMatch(Double::isFinite)) {
      throw new IllegalArgumentException(
          "interval: a value is not finite: leave it out and say so");
    }
    double mean = StatUtils.mean(values);
    double error = Math.sqrt(StatUtils.variance(values, mean) / n);
    double half = new TDistribution(null, n - 1).inverseCumulativeProbability(UPPER) * error;
    return new MeanInterval(mean, mean - half, mean + half, n);
  }

  /** Of the differences of paired values, {@code a[i] - b[i]}. */
  public static MeanInterval ofDifferences(double[] a, double[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          "interval: " + a.length + " vs " + b.length + " values: pair them");
    }
    var differences = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      differences[i] = a[i] - b[i];
    }
    return of(differences);
  }

  /** Half the width of the interval, as in mean ± half. */
  public double half() {
    return (high - low) / 2;
  }
}
