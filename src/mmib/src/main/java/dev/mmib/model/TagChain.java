package dev.mmib.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The conditional random field of one sentence on the heap: probabilities of parts of its tagging.
 *
 * <p>Some tags may be ruled out at some places; everything is conditioned on that. Recursions are
 * in log space and double precision.
 */
final class TagChain {

  /** Which tags count, place by place. */
  @FunctionalInterface
  interface Allowed {
    boolean at(int place, int tag);
  }

  private final int length;
  private final int tags;
  private final float[] emissions; // [length, tags]
  private final float[] transitions; // [tags, tags], from row to column
  private final float[] start;
  private final float[] end;
  private final Allowed allowed;
  private final double[][] forward;
  private final double[][] backward;
  private final double logTotal;

  TagChain(float[] emissions, float[] transitions, float[] start, float[] end, Allowed allowed) {
    this.tags = start.length;
    this.length = emissions.length / tags;
    this.emissions = emissions;
    this.transitions = transitions;
    this.start = start;
    this.end = end;
    this.allowed = allowed;
    this.forward = new double[length][];
    this.backward = new double[length][];
    for (int t = 0; t < length; t++) {
      forward[t] = step(t, t == 0 ? null : forward[t - 1], allowed);
    }
    for (int t = length - 1; t >= 0; t--) {
      backward[t] = backwardStep(t);
    }
    this.logTotal = joined(length - 1, forward[length - 1]);
  }

  /**
   * The probability that the tags from place {@code from} to place {@code to} (included) are among
   * the wanted ones, given that all tags are among the allowed ones.
   *
   * <p>It is the ratio of two sums over taggings: of the wanted ones, and of all.
   */
  double probability(int from, int to, Allowed wanted) {
    return Math.exp(logProbability(from, to, wanted));
  }

  /** The logarithm of {@link #probability}, also where that is too small for a double. */
  double logProbability(int from, int to, Allowed wanted) {
    var scores = from == 0 ? null : forward[from - 1];
    for (int t = from; t <= to; t++) {
      scores = step(t, scores, (place, tag) -> allowed.at(place, tag) && wanted.at(place, tag));
    }
    if (scores == null) {
      throw new IllegalArgumentException("chain: no place from " + from + " to " + to);
    }
    return Math.min(0, joined(to, scores) - logTotal);
  }

  /** log Σ over tags of what leads to place {@code t} and what may follow it. */
  private double joined(int t, double[] scores) {
    var sums = new double[tags];
    for (int k = 0; k < tags; k++) {
      sums[k] = scores[k] + backward[t][k];
    }
    return logSum(sums);
  }

  private double[] step(int t, double @Nullable [] before, Allowed here) {
    var scores = new double[tags];
    var terms = new double[tags];
    for (int k = 0; k < tags; k++) {
      if (!here.at(t, k)) {
        scores[k] = Double.NEGATIVE_INFINITY;
        continue;
      }
      if (before == null) {
        scores[k] = start[k] + (double) emissions[k];
        continue;
      }
      for (int j = 0; j < tags; j++) {
        terms[j] = before[j] + transitions[j * tags + k];
      }
      scores[k] = logSum(terms) + emissions[t * tags + k];
    }
    return scores;
  }

  private double[] backwardStep(int t) {
    var scores = new double[tags];
    if (t == length - 1) {
      for (int k = 0; k < tags; k++) {
        scores[k] = end[k];
      }
      return scores;
    }
    var terms = new double[tags];
    for (int k = 0; k < tags; k++) {
      for (int j = 0; j < tags; j++) {
        terms[j] =
            allowed.at(t + 1, j)
                ? (double) transitions[k * tags + j]
                    + emissions[(t + 1) * tags + j]
                    + backward[t + 1][j]
                : Double.NEGATIVE_INFINITY;
      }
      scores[k] = logSum(terms);
    }
    return scores;
  }

  private static double logSum(double[] terms) {
    double largest = Arrays.stream(terms).max().orElseThrow();
    if (largest == Double.NEGATIVE_INFINITY) {
      return largest;
    }
    double sum = 0;
    for (double term : terms) {
      sum += Math.exp(term - largest);
    }
    return largest + Math.log(sum);
  }
}
