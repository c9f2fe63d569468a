package dev.mmib.train;

import dev.mmib.score.Counts;
import dev.mmib.score.Prf;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How sure it is that one model is better than another: a paired bootstrap over sentences.
 *
 * <p>Both models' counts are drawn together, as many sentences as there are, with replacement; the
 * difference of their F1 is taken each time. Source: Koehn, "Statistical Significance Tests for
 * Machine Translation Evaluation" (EMNLP 2004).
 *
 * @param deltaF1 F1 of the first less that of the second
 * @param low the difference that 2.5 % of the draws stay below
 * @param high the difference that 2.5 % of the draws exceed
 * @param pValue two-sided, of the difference being 0
 */
public record Significance(double deltaF1, double low, double high, double pValue) {

  private static final int DRAWS = 10_000;
  private static final double TAIL = 0.025;

  /** Compares two models by the counts of the same sentences; the seed decides the draws. */
  public static Significance of(List<Counts> first, List<Counts> second, long seed) {
    int n = first.size();
    if (n == 0 || second.size() != n) {
      throw new IllegalArgumentException(
          "significance: " + n + " vs " + second.size() + " sentences: score the same ones");
    }
    var random = new SplittableRandom(seed);
    var deltas = new double[DRAWS];
    int notBelow = 0;
    int notAbove = 0;
    for (int d = 0; d < DRAWS; d++) {
      var a = new Sum();
      var b = new Sum();
      for (int i = 0; i < n; i++) {
        int drawn = random.nextInt(n);
        a.add(first.get(drawn));
        b.add(second.get(drawn));
      }
      deltas[d] = a.f1() - b.f1();
      notBelow += deltas[d] >= 0 ? 1 : 0;
      notAbove += deltas[d] <= 0 ? 1 : 0;
    }
    Arrays.sort(deltas);
    double tail = (Math.min(notBelow, notAbove) + 1.0) / (DRAWS + 1);
    return new Significance(
        sum(first).f1() - sum(second).f1(),
        deltas[(int) (TAIL * DRAWS)],
        deltas[(int) ((1 - TAIL) * DRAWS) - 1],
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
