package dev.mmib.train;

import dev.mmib.score.Counts;
import dev.mmib.score.Prf;
import java.util.List;
import org.apache.commons.math3.random.Well19937c;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.apache.commons.math3.stat.descriptive.rank.Percentile.EstimationType;

/**
 * How sure it is that one model is better than another: a paired bootstrap over sentences.
 *
 * <p>Both models' counts of a sentence are drawn together, as many sentences as there are, with
 * replacement; the difference δ of their micro F1 is taken each time, B times. Then
 *
 * <pre>
 *   interval   the percentiles 2.5 and 97.5 of the δ, at place p·(B + 1) of their order
 *   p-value    min(1, 2 · (1 + min(#{δ ≤ 0}, #{δ ≥ 0})) / (B + 1))
 * </pre>
 *
 * <p>The p-value is two-sided and inverts the interval: it is below 0.05 when the interval keeps
 * clear of 0. One is added because the observed sentences are a draw too, so it is never 0. It
 * speaks of other sentences of this kind, not of other seeds of the training: for those see {@link
 * dev.mmib.score.MeanInterval}.
 *
 * <p>Sources: Koehn, "Statistical Significance Tests for Machine Translation Evaluation" (EMNLP
 * 2004) for resampling sentences in pairs; Efron and Tibshirani, "An Introduction to the Bootstrap"
 * (1993), chapter 13, for the percentile interval; Davison and Hinkley, "Bootstrap Methods and
 * their Application" (1997), for B + 1.
 *
 * @param deltaF1 F1 of the first less that of the second
 * @param low the difference that 2.5 % of the draws stay below
 * @param high the difference that 2.5 % of the draws exceed
 * @param pValue two-sided, of the difference being 0
 */
public record Significance(double deltaF1, double low, double high, double pValue) {

  /** How often {@link #of(List, List, long)} draws. */
  public static final int DRAWS = 10_000;

  private static final double LOW_PERCENT = 2.5;
  private static final double HIGH_PERCENT = 97.5;

  /** Compares two models by the counts of the same sentences; the seed decides the draws. */
  public static Significance of(List<Counts> first, List<Counts> second, long seed) {
    return of(first, second, seed, DRAWS);
  }

  static Significance of(List<Counts> first, List<Counts> second, long seed, int draws) {
    int n = first.size();
    if (n == 0 || second.size() != n) {
      throw new IllegalArgumentException(
          "significance: " + n + " vs " + second.size() + " sentences: score the same ones");
    }
    var a = first.toArray(Counts[]::new);
    var b = second.toArray(Counts[]::new);
    var random = new Well19937c(seed);
    var deltas = new double[draws];
    int notBelow = 0;
    int notAbove = 0;
    for (int d = 0; d < draws; d++) {
      var sumA = new Sum();
      var sumB = new Sum();
      for (int i = 0; i < n; i++) {
        int drawn = random.nextInt(n);
        sumA.add(a[drawn]);
        sumB.add(b[drawn]);
      }
      deltas[d] = sumA.f1() - sumB.f1();
      notBelow += deltas[d] >= 0 ? 1 : 0;
      notAbove += deltas[d] <= 0 ? 1 : 0;
    }
    var percentile = new Percentile().withEstimationType(EstimationType.R_6);
    percentile.setData(deltas);
    double tail = (Math.min(notBelow, notAbove) + 1.0) / (draws + 1);
    return new Significance(
        sum(first).f1() - sum(second).f1(),
        percentile.evaluate(LOW_PERCENT),
        percentile.evaluate(HIGH_PERCENT),
        Math.min(1, 2 * tail));
  }

  private static Sum sum(List<Counts> counts) {
    var sum = new Sum();
    counts.forEach(sum::add);
    return sum;
  }

  private static final class Sum {
    private int correct;
    private int predicted;
    private int gold;

    void add(Counts counts) {
      correct += counts.correct();
      predicted += counts.predicted();
      gold += counts.gold();
    }

    double f1() {
      return Prf.of(new Counts(correct, predicted, gold)).f1();
    }
  }
}
