package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;
import org.junit.jupiter.api.Test;

/** Updates of parameters against the reference. */
public interface OptimizerContract extends KernelContract {

  @Test
  default void stepsAsAdamDoes() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        for (boolean decoupled : new boolean[] {true, false}) {
          var p = bench.uniform(n);
          var m = bench.floats(new float[n]);
          var v = bench.floats(new float[n]);
          for (int t = 1; t <= 3; t++) {
            var step = new AdamStep(0.01 / t, 0.9, 0.999, 1e-8, 0.1, 0.5, decoupled, t);
            var g = bench.uniform(n);
            bench.each(d -> d.optimizer().adam(step, p.on(d), g.on(d), m.on(d), v.on(d)));
            bench.assertClose(p, 1e-4, 1e-6, step + " of " + n);
            bench.assertClose(m, 1e-5, 1e-6, "m after " + step + " of " + n);
            bench.assertClose(v, 1e-5, 1e-6, "v after " + step + " of " + n);
          }
        }
      }
    }
  }

  @Test
  default void sumsSquaresInDoublePrecision() {
    try (var bench = bench()) {
      for (int n : new int[] {1, 3, 31, 32, 33, 127, 1025, 70_001}) {
        var x = bench.uniform(n);
        double expected = 0;
        for (float value : x.floats()) {
          expected += (double) value * value;
        }
        double want = expected;
        bench.each(d -> assertEquals(want, d.optimizer().sumOfSquares(x.on(d)), 1e-9 * want));
      }
      var bad = bench.floats(1, Float.NaN, 2);
      bench.each(d -> assertFalse(Double.isFinite(d.optimizer().sumOfSquares(bad.on(d)))));
      var huge = bench.floats(1e30f, 1e30f); // overflows in float
      bench.each(d -> assertEquals(2e60, d.optimizer().sumOfSquares(huge.on(d)), 1e54));
    }
  }
}
