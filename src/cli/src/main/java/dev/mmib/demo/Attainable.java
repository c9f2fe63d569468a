package dev.mmib.demo;

import java.util.List;
import java.util.function.Function;

/**
 * The F1 that the best possible classifier reaches on made data, with and without the pictures.
 *
 * <p>The generator knows, for every entity or pair of the test split, the probability of each label
 * given what can be seen: the words alone, or the words and what the picture shows. Predicting a
 * label of probability p adds p to the expected number of correct ones and 1 to the predicted ones;
 * so a rule's score is, in the ratio of expectations (whose difference from the expected ratio
 * vanishes like 1/n),
 *
 * <pre>
 *   F = 2 Σ_predicted p / (number predicted + Σ (1 − p_none))
 * </pre>
 *
 * <p>The largest such F is found by Dinkelbach's iteration: given F, predicting pays exactly where
 * the best label that is not None has p &gt; F/2; that choice gives the next F, until it stays. The
 * generator's probabilities are such that without stray pictures this rule is also the plain one,
 * to predict the most probable label. What stray pictures leave to be known: {@link Stray}.
 *
 * @param f1 given words and picture
 * @param textOnlyF1 given the words alone
 */
public record Attainable(double f1, double textOnlyF1) {

  /**
   * What is known of one entity or pair.
   *
   * @param fromText probability of each label given the words
   * @param fromBoth probability of each label given words and picture
   * @param none the label that does not count, or -1
   */
  public record Posterior(double[] fromText, double[] fromBoth, int none) {

    /** One label is certain from the words. */
    static double[] certain(int label, int labels) {
      double[] p = new double[labels];
      p[label] = 1;
      return p;
    }
  }

  static Attainable of(List<Posterior> posteriors) {
    return new Attainable(
        best(posteriors, Posterior::fromBoth), best(posteriors, Posterior::fromText));
  }

  private static double best(
      List<Posterior> posteriors, Function<Posterior, double[]> probabilities) {
    double gold = 0;
    double[] best = new double[posteriors.size()];
    for (int i = 0; i < best.length; i++) {
      double[] p = probabilities.apply(posteriors.get(i));
      for (int label = 0; label < p.length; label++) {
        if (label != posteriors.get(i).none()) {
          best[i] = Math.max(best[i], p[label]);
          gold += p[label];
        }
      }
    }
    double f = 0;
    double previous = -1;
    while (f > previous) {
      previous = f;
      double correct = 0;
      int predicted = 0;
      for (double p : best) {
        if (p > previous / 2) {
          correct += p;
          predicted++;
        }
      }
      f = predicted == 0 ? 0 : Math.max(previous, 2 * correct / (predicted + gold));
    }
    return f;
  }
}
