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

  @Test
  default void computesInfoNce() {
    try (var bench = bench()) {
      for (int n : new int[] {1, 3, 31, 32, 33, 127, 130}) {
        for (double magnitude : new double[] {1, 20, 1000}) {
          var what = n + " pairs at " + magnitude;
          var scores = bench.uniform(n * n, -magnitude, magnitude);
          var loss = bench.floats(1);
          bench.each(d -> d.loss().infoNce(scores.on(d), loss.on(d), n));
          bench.assertWithin(loss, 1e-5, 1e-6 * magnitude, "loss of " + what);
          var dloss = bench.uniform(1, 0.5, 2);
          var dscores = bench.floats(n * n);
          bench.each(d -> d.loss().infoNceGrad(scores.on(d), dloss.on(d), dscores.on(d), n));
          bench.assertWithin(dscores, 1e-5 * Math.sqrt(magnitude), 1e-6, "dscores of " + what);
        }
      }
    }
  }

  @Test
  default void computesLogisticLosses() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        for (boolean truth : new boolean[] {true, false}) {
          for (double magnitude : new double[] {0.1, 10, 1000}) {
            var what = n + (truth ? " true" : " false") + " logits at " + magnitude;
            var x = bench.uniform(n, -magnitude, magnitude);
            var loss = bench.floats(1);
            bench.each(d -> d.loss().logistic(x.on(d), truth, loss.on(d)));
            bench.assertClose(loss, "loss of " + what);
            var dloss = bench.uniform(1, 0.5, 2);
            var dx = bench.floats(n);
            bench.each(d -> d.loss().logisticGrad(x.on(d), truth, dloss.on(d), dx.on(d)));
            bench.assertClose(dx, "dx of " + what);
          }
        }
      }
    }
  }
}
