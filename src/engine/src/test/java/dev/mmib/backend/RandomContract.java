package dev.mmib.backend;

import dev.mmib.backend.kernel.Dropout;
import org.junit.jupiter.api.Test;

/** Random numbers against the reference: every device draws the same ones. */
public interface RandomContract extends KernelContract {

  long SEED = 0x9E3779B97F4A7C15L;
  long STREAM = 0x1_0000_0003L; // both words of it matter

  @Test
  default void drawsTheSameNumbers() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        var y = bench.floats(n);
        bench.each(d -> d.random().uniform(SEED, STREAM, y.on(d)));
        bench.assertClose(y, 0, 0, "uniform " + n);
        bench.each(d -> d.random().normal(SEED, STREAM, y.on(d)));
        bench.assertClose(y, 1e-5, 1e-6, "normal " + n);
      }
      var y = bench.floats(70_001); // more than one chunk
      bench.each(d -> d.random().uniform(SEED, STREAM, y.on(d)));
      bench.assertClose(y, 0, 0, "uniform, several chunks");
    }
  }

  @Test
  default void dropsTheSameElements() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        for (double p : new double[] {0, 0.1, 0.5, 0.99}) {
          var x = bench.uniform(n, 0.5, 2);
          var y = bench.floats(n);
          bench.each(d -> d.random().dropout(new Dropout(p, SEED, STREAM), x.on(d), y.on(d)));
          bench.assertClose(y, 1e-6, 0, "dropout " + p + " of " + n);
        }
      }
    }
  }

  /** An element whose number is the probability itself is kept: below it they are dropped. */
  @Test
  default void keepsTheElementAtTheProbability() {
    try (var bench = bench()) {
      var uniform = bench.floats(31);
      bench.each(d -> d.random().uniform(SEED, STREAM, uniform.on(d)));
      for (float p : uniform.floats()) {
        var x = bench.uniform(31, 0.5, 2);
        var y = bench.floats(31);
        bench.each(d -> d.random().dropout(new Dropout(p, SEED, STREAM), x.on(d), y.on(d)));
        bench.assertClose(y, 1e-6, 0, "dropout " + p);
      }
    }
  }

  @Test
  default void drawsTheSameCodes() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        var mu = bench.uniform(n);
        var logVar = bench.uniform(n, -3, 2);
        var z = bench.floats(n);
        bench.each(d -> d.random().reparameterize(SEED, STREAM, mu.on(d), logVar.on(d), z.on(d)));
        bench.assertClose(z, 1e-5, 1e-6, "code of " + n);
        var dz = bench.uniform(n);
        var dlogVar = bench.floats(n);
        bench.each(
            d ->
                d.random().reparameterizeGrad(SEED, STREAM, logVar.on(d), dz.on(d), dlogVar.on(d)));
        bench.assertClose(dlogVar, 1e-5, 1e-6, "dlogVar of " + n);
      }
    }
  }

  @Test
  default void measuresDivergenceOverTheRowsThatCount() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        divergence(bench, n, 3);
        divergence(bench, 5, n);
      }
    }
  }

  private static void divergence(Bench bench, int rows, int cols) {
    var mu = bench.uniform(rows * cols);
    var logVar = bench.uniform(rows * cols, -3, 2);
    var mask = bench.mask(rows);
    var dkl = bench.floats(new float[] {0.7f});
    for (boolean masked : new boolean[] {false, true}) {
      var what = rows + " rows of " + cols + (masked ? ", masked" : "");
      var kl = bench.floats(1);
      var dmu = bench.floats(rows * cols);
      var dlogVar = bench.floats(rows * cols);
      bench.each(
          d ->
              d.random()
                  .gaussianKl(
                      mu.on(d), logVar.on(d), masked ? mask.on(d) : null, kl.on(d), rows, cols));
      bench.assertClose(kl, 1e-5, 0, "kl of " + what);
      bench.each(
          d ->
              d.random()
                  .gaussianKlGrad(
                      mu.on(d),
                      logVar.on(d),
                      masked ? mask.on(d) : null,
                      dkl.on(d),
                      dmu.on(d),
                      dlogVar.on(d),
                      rows,
                      cols));
      bench.assertClose(dmu, 1e-5, 1e-6, "dmu of " + what);
      bench.assertClose(dlogVar, 1e-5, 1e-6, "dlogVar of " + what);
    }
  }
}
