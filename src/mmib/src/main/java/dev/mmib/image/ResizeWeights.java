package dev.mmib.image;

/**
 * Which input positions make consecutive output positions, and how much each of them weighs.
 *
 * <pre>
 *   w_ij ∝ kernel((j + ½ − (i + ½)·s) / max(s, 1)),   Σ_j w_ij = 1,   s = in / out
 * </pre>
 *
 * <p>Weights are fixed-point with {@link #PRECISION} bits, rounded as Pillow does. Those that are 0
 * at either end are left out. Sums of weighted 8-bit values fit into an {@code int}.
 */
final class ResizeWeights {

  static final int PRECISION = 22;

  private final int[] from;
  private final int[][] weights;

  private ResizeWeights(int count) {
    this.from = new int[count];
    this.weights = new int[count][];
  }

  /** The weights of {@code count} of {@code out} positions that {@code in} become. */
  static ResizeWeights of(ResizeKernel kernel, int in, long out, long first, int count) {
    double scale = (double) in / out;
    double widening = Math.max(scale, 1);
    double support = kernel.support() * widening;
    var all = new ResizeWeights(count);
    for (int i = 0; i < count; i++) {
      double center = (first + i + 0.5) * scale;
      int low = Math.max(0, (int) (center - support + 0.5));
      int high = Math.min(in, (int) (center + support + 0.5));
      double[] exact = new double[high - low];
      double sum = 0;
      for (int j = 0; j < exact.length; j++) {
        // the reference multiplies by the reciprocal; dividing would round differently
        exact[j] = kernel.at((j + low - center + 0.5) * (1 / widening));
        sum += exact[j];
      }
      all.set(i, low, exact, sum);
    }
    return all;
  }

  private void set(int i, int low, double[] exact, double sum) {
    int[] rounded = new int[exact.length];
    for (int j = 0; j < exact.length; j++) {
      double weight = sum == 0 ? exact[j] : exact[j] / sum;
      rounded[j] = (int) ((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION));
    }
    int start = 0;
    int end = rounded.length;
    while (end > 1 && rounded[end - 1] == 0) {
      end--;
    }
    while (start < end - 1 && rounded[start] == 0) {
      start++;
    }
    from[i] = low + start;
    weights[i] = java.util.Arrays.copyOfRange(rounded, start, end);
  }

  /** Number of output positions. */
  int count() {
    return from.length;
  }

  /** The first input position of an output position. */
  int from(int i) {
    return from[i];
  }

  /** The weights of an output position, from {@link #from(int)} on. */
  int[] of(int i) {
    return weights[i];
  }

  /** The first input position of all. */
  int first() {
    int first = from[0];
    for (int at : from) {
      first = Math.min(first, at);
    }
    return first;
  }

  /** Where the input positions of all end. */
  int end() {
    int end = 0;
    for (int i = 0; i < from.length; i++) {
      end = Math.max(end, from[i] + weights[i].length);
    }
    return end;
  }

  /** The most input positions that one output position has. */
  int most() {
    int most = 0;
    for (int[] one : weights) {
      most = Math.max(most, one.length);
    }
    return most;
  }
}
