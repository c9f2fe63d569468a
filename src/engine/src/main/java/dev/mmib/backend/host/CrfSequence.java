package dev.mmib.backend.host;

import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * One sequence of a conditional random field: sums over all its paths, in log space.
 *
 * <pre>
 *   α[1,j] = start[j] + e[1,j]     α[t,j] = e[t,j] + log Σᵢ exp(α[t−1,i] + T[i,j])
 *   β[n,i] = end[i]                β[t,i] = log Σⱼ exp(T[i,j] + e[t+1,j] + β[t+1,j])
 *   log Z  = log Σⱼ exp(α[n,j] + end[j])
 *   P(y_t = j)              = exp(α[t,j] + β[t,j] − log Z)
 *   P(y_{t−1} = i, y_t = j) = exp(α[t−1,i] + T[i,j] + e[t,j] + β[t,j] − log Z)
 * </pre>
 *
 * <p>Works in the {@link Scratch} of the thread that makes it: there is one at a time.
 */
final class CrfSequence {

  // Numbers of arrays in the scratch.
  private static final int EMISSIONS = 0;
  private static final int ALPHAS = 1;
  private static final int BETAS = 2;
  private static final int TERMS = 3;

  private final CrfPotentials potentials;
  private final int length;
  private final int tags;
  private final double[] emissions;

  CrfSequence(CrfPotentials potentials, int sequence) {
    this.potentials = potentials;
    this.length = potentials.length(sequence);
    this.tags = potentials.tags();
    this.emissions = Scratch.doubles(EMISSIONS, length * tags);
    potentials.emissions(sequence, emissions);
  }

  int length() {
    return length;
  }

  int tags() {
    return tags;
  }

  CrfPotentials potentials() {
    return potentials;
  }

  double emission(int t, int tag) {
    return emissions[t * tags + tag];
  }

  /** The score of the path that begins at place {@code at} of {@code paths}. */
  double score(IntBuffer paths, int at) {
    int tag = paths.get(at);
    double score = potentials.start(tag) + emission(0, tag);
    for (int t = 1; t < length; t++) {
      int before = tag;
      tag = paths.get(at + t);
      score += potentials.transition(before, tag) + emission(t, tag);
    }
    return score + potentials.end(tag);
  }

  /** log Z. */
  double logPartition() {
    return logPartition(alphas());
  }

  private double logPartition(double[] alphas) {
    var last = Scratch.doubles(TERMS, tags);
    for (int j = 0; j < tags; j++) {
      last[j] = alphas[(length - 1) * tags + j] + potentials.end(j);
    }
    return logSumExp(last, tags);
  }

  private double[] alphas() {
    var alphas = Scratch.doubles(ALPHAS, length * tags);
    var terms = Scratch.doubles(TERMS, tags);
    for (int j = 0; j < tags; j++) {
      alphas[j] = potentials.start(j) + emission(0, j);
    }
    for (int t = 1; t < length; t++) {
      for (int j = 0; j < tags; j++) {
        for (int i = 0; i < tags; i++) {
          terms[i] = alphas[(t - 1) * tags + i] + potentials.transition(i, j);
        }
        alphas[t * tags + j] = emission(t, j) + logSumExp(terms, tags);
      }
    }
    return alphas;
  }

  private double[] betas() {
    var betas = Scratch.doubles(BETAS, length * tags);
    var terms = Scratch.doubles(TERMS, tags);
    for (int i = 0; i < tags; i++) {
      betas[(length - 1) * tags + i] = potentials.end(i);
    }
    for (int t = length - 2; t >= 0; t--) {
      for (int i = 0; i < tags; i++) {
        for (int j = 0; j < tags; j++) {
          terms[j] = potentials.transition(i, j) + emission(t + 1, j) + betas[(t + 1) * tags + j];
        }
        betas[t * tags + i] = logSumExp(terms, tags);
      }
    }
    return betas;
  }

  private static double logSumExp(double[] x, int n) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, x[i]);
    }
    if (max == Double.NEGATIVE_INFINITY) {
      return max; // no path: −∞ − −∞ would be NaN
    }
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += Math.exp(x[i] - max);
    }
    return max + Math.log(sum);
  }

  /** P(y_t = j), [length, tags]. */
  double[] marginals() {
    var alphas = alphas();
    return marginals(alphas, betas(), logPartition(alphas));
  }

  /** Takes the place of the alphas. */
  private double[] marginals(double[] alphas, double[] betas, double logPartition) {
    for (int n = 0; n < length * tags; n++) {
      alphas[n] = Math.exp(alphas[n] + betas[n] - logPartition);
    }
    return alphas;
  }

  /**
   * {@code weight} times the gradient of the log-likelihood: what was observed minus what is
   * expected.
   *
   * @param paths in which the path begins at place {@code at}
   * @param byTransition receives the transitions' gradients from place {@code to} on
   * @return those of the emissions, [length, tags]
   */
  double[] gradient(IntBuffer paths, int at, double weight, double[] byTransition, int to) {
    var alphas = alphas();
    var betas = betas();
    double logPartition = logPartition(alphas);
    expectTransitions(alphas, betas, logPartition, byTransition, to);
    var byEmission = marginals(alphas, betas, logPartition);
    scale(byTransition, to, tags * tags, -1);
    scale(byEmission, 0, length * tags, -1);
    for (int t = 0; t < length; t++) {
      int tag = paths.get(at + t);
      byEmission[t * tags + tag] += 1;
      if (t > 0) {
        byTransition[to + paths.get(at + t - 1) * tags + tag] += 1;
      }
    }
    scale(byTransition, to, tags * tags, weight);
    scale(byEmission, 0, length * tags, weight);
    return byEmission;
  }

  private void expectTransitions(
      double[] alphas, double[] betas, double logPartition, double[] expected, int to) {
    Arrays.fill(expected, to, to + tags * tags, 0);
    for (int t = 1; t < length; t++) {
      for (int i = 0; i < tags; i++) {
        double before = alphas[(t - 1) * tags + i] - logPartition;
        for (int j = 0; j < tags; j++) {
          double after = emission(t, j) + betas[t * tags + j];
          expected[to + i * tags + j] += Math.exp(before + potentials.transition(i, j) + after);
        }
      }
    }
  }

  private static void scale(double[] x, int from, int n, double factor) {
    for (int i = from; i < from + n; i++) {
      x[i] *= factor;
    }
  }
}
