package dev.mmib.backend.host;

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
 */
final class CrfSequence {

  /** Gradients of a weighted log-likelihood, laid out like the potentials. */
  static final class Counts {
    final double[] emissions; // [length, tags]
    final double[] transitions;

    Counts(double[] emissions, double[] transitions) {
      this.emissions = emissions;
      this.transitions = transitions;
    }
  }

  private final CrfPotentials potentials;
  private final int length;
  private final int tags;
  private final double[] emissions;

  CrfSequence(CrfPotentials potentials, int sequence) {
    this.potentials = potentials;
    this.length = potentials.length(sequence);
    this.tags = potentials.tags();
    this.emissions = potentials.emissions(sequence);
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

  /** The score of one path. */
  double score(int[] path) {
    double score = potentials.start(path[0]) + emission(0, path[0]);
    for (int t = 1; t < length; t++) {
      score += potentials.transition(path[t - 1], path[t]) + emission(t, path[t]);
    }
    return score + potentials.end(path[length - 1]);
  }

  /** log Z. */
  double logPartition() {
    return logPartition(alphas());
  }

  private double logPartition(double[] alphas) {
    var last = new double[tags];
    for (int j = 0; j < tags; j++) {
      last[j] = alphas[(length - 1) * tags + j] + potentials.end(j);
    }
    return logSumExp(last);
  }

  private double[] alphas() {
    var alphas = new double[length * tags];
    var terms = new double[tags];
    for (int j = 0; j < tags; j++) {
      alphas[j] = potentials.start(j) + emission(0, j);
    }
    for (int t = 1; t < length; t++) {
      for (int j = 0; j < tags; j++) {
        for (int i = 0; i < tags; i++) {
          terms[i] = alphas[(t - 1) * tags + i] + potentials.transition(i, j);
        }
        alphas[t * tags + j] = emission(t, j) + logSumExp(terms);
      }
    }
    return alphas;
  }

  private double[] betas() {
    var betas = new double[length * tags];
    var terms = new double[tags];
    for (int i = 0; i < tags; i++) {
      betas[(length - 1) * tags + i] = potentials.end(i);
    }
    for (int t = length - 2; t >= 0; t--) {
      for (int i = 0; i < tags; i++) {
        for (int j = 0; j < tags; j++) {
          terms[j] = potentials.transition(i, j) + emission(t + 1, j) + betas[(t + 1) * tags + j];
        }
        betas[t * tags + i] = logSumExp(terms);
      }
    }
    return betas;
  }

  private static double logSumExp(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      max = Math.max(max, value);
    }
    if (max == Double.NEGATIVE_INFINITY) {
      return max; // no path: −∞ − −∞ would be NaN
    }
    double sum = 0;
    for (double value : x) {
      sum += Math.exp(value - max);
    }
    return max + Math.log(sum);
  }

  /** P(y_t = j), [length, tags]. */
  double[] marginals() {
    var alphas = alphas();
    return marginals(alphas, betas(), logPartition(alphas));
  }

  private static double[] marginals(double[] alphas, double[] betas, double logPartition) {
    var p = new double[alphas.length];
    for (int n = 0; n < p.length; n++) {
      p[n] = Math.exp(alphas[n] + betas[n] - logPartition);
    }
    return p;
  }

  /** {@code weight} times the gradient of log p(path): what was observed minus what is expected. */
  Counts gradient(int[] path, double weight) {
    var alphas = alphas();
    var betas = betas();
    double logPartition = logPartition(alphas);
    var byEmission = marginals(alphas, betas, logPartition);
    var byTransition = expectedTransitions(alphas, betas, logPartition);
    negate(byEmission);
    negate(byTransition);
    for (int t = 0; t < length; t++) {
      byEmission[t * tags + path[t]] += 1;
      if (t > 0) {
        byTransition[path[t - 1] * tags + path[t]] += 1;
      }
    }
    scale(byEmission, weight);
    scale(byTransition, weight);
    return new Counts(byEmission, byTransition);
  }

  private double[] expectedTransitions(double[] alphas, double[] betas, double logPartition) {
    var expected = new double[tags * tags];
    for (int t = 1; t < length; t++) {
      for (int i = 0; i < tags; i++) {
        double before = alphas[(t - 1) * tags + i] - logPartition;
        for (int j = 0; j < tags; j++) {
          double after = emission(t, j) + betas[t * tags + j];
          expected[i * tags + j] += Math.exp(before + potentials.transition(i, j) + after);
        }
      }
    }
    return expected;
  }

  private static void negate(double[] x) {
    scale(x, -1);
  }

  private static void scale(double[] x, double factor) {
    for (int i = 0; i < x.length; i++) {
      x[i] *= factor;
    }
  }
}
