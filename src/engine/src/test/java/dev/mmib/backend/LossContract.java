package dev.mmib.backend;

import org.junit.jupiter.api.Test;

/** Losses against the reference. */
public interface LossContract extends KernelContract {

  @Test
  default void computesCrossEntropy() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        for (double magnitude : new double[] {1, 1000}) {
          crossEntropy(bench, n, 4, magnitude);
          crossEntropy(bench, 5, n, magnitude);
        }
      }
    }
  }

  private static void crossEntropy(Bench bench, int rows, int cols, double magnitude) {
    var x = bench.uniform(rows * cols, -magnitude, magnitude);
    var targets = bench.ints(rows, -1, cols);
    var weights = bench.uniform(cols, 0, 2);
    var dloss = bench.uniform(rows);
    for (boolean weighted : new boolean[] {false, true}) {
      var what = rows + " rows of " + cols + (weighted ? ", weighted" : "") + " at " + magnitude;
      var loss = bench.floats(rows);
      var dx = bench.floats(rows * cols);
      bench.each(
          d ->
              d.loss()
                  .crossEntropy(
                      x.on(d),
                      targets.on(d),
                      weighted ? weights.on(d) : null,
                      loss.on(d),
                      rows,
                      cols));
      bench.assertClose(loss, "loss of " + what);
      bench.each(
          d ->
              d.loss()
                  .crossEntropyGrad(
                      x.on(d),
                      targets.on(d),
                      weighted ? weights.on(d) : null,
                      dloss.on(d),
                      dx.on(d),
                      rows,
                      cols));
      // Probabilities are as exact as the differences of logits are.
      bench.assertWithin(dx, 1e-5 * Math.sqrt(magnitude), 1e-6, "dx of " + what);
    }
  }

  @Test
  default void computesBinaryCrossEntropy() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        for (double magnitude : new double[] {0.1, 10, 1000}) {
          var x = bench.uniform(n, -magnitude, magnitude);
          var target = bench.uniform(n, 0, 1);
          var dloss = bench.uniform(n);
          var loss = bench.floats(n);
          var dx = bench.floats(n);
          bench.each(d -> d.loss().binaryCrossEntropy(x.on(d), target.on(d), loss.on(d)));
          bench.assertClose(loss, "loss of " + n + " at " + magnitude);
          bench.each(
              d -> d.loss().binaryCrossEntropyGrad(x.on(d), target.on(d), dloss.on(d), dx.on(d)));
          bench.assertClose(dx, "dx of " + n + " at " + magnitude);
        }
      }
    }
  }
}
