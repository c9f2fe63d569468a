package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.mmib.backend.Bench.Twin;
import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;
import dev.mmib.backend.kernel.OptimizerKernels.Update;
import java.util.ArrayList;
import java.util.List;
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

  @Test
  default void updatesManyParametersAsOneByOne() {
    try (var bench = bench()) {
      var names = new ArrayList<String>();
      var all = new ArrayList<Twin[]>();
      for (int n : new int[] {1, 1025, 3, 127, 32, 70_001, 33, 31, 4096}) {
        names.add("parameter " + names.size() + " of " + n);
        all.add(
            new Twin[] {
              bench.uniform(n), bench.uniform(n), bench.uniform(n), bench.uniform(n, 0, 1)
            });
      }
      for (int t = 1; t <= 3; t++) {
        int now = t;
        bench.each(
            d -> {
              var updates = new ArrayList<Update>();
              for (int i = 0; i < all.size(); i++) {
                var at = all.get(i);
                var step = // no two alike; some have been updated before
                    new AdamStep(
                        0.01 * (i + 1), 0.9, 0.99, 1e-8, 0.01 * i, 0.3, i % 3 > 0, now + i % 2);
                updates.add(new Update(step, at[0].on(d), at[1].on(d), at[2].on(d), at[3].on(d)));
              }
              d.optimizer().adam(updates);
            });
      }
      for (int i = 0; i < all.size(); i++) {
        bench.assertClose(all.get(i)[0], 1e-4, 1e-6, names.get(i));
        bench.assertClose(all.get(i)[2], 1e-5, 1e-6, "m of " + names.get(i));
        bench.assertClose(all.get(i)[3], 1e-5, 1e-6, "v of " + names.get(i));
      }
      bench.each(d -> d.optimizer().adam(List.of()));
    }
  }

  @Test
  default void sumsSquaresOverManyBuffers() {
    try (var bench = bench()) {
      var all = new ArrayList<Twin>();
      double expected = 0;
      for (int n : new int[] {70_001, 1, 3, 1025, 32}) {
        var x = bench.uniform(n);
        all.add(x);
        for (float value : x.floats()) {
          expected += (double) value * value;
        }
      }
      double want = expected;
      bench.each(d -> assertEquals(want, sumOfSquares(d, all), 1e-9 * want));
      bench.each(d -> assertEquals(0, sumOfSquares(d, List.of())));
      all.add(bench.floats(1, Float.POSITIVE_INFINITY));
      bench.each(d -> assertFalse(Double.isFinite(sumOfSquares(d, all))));
    }
  }

  private static double sumOfSquares(Backend device, List<Twin> all) {
    return device.optimizer().sumOfSquares(all.stream().map(x -> x.on(device)).toList());
  }
}
