package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.Bench.Twin;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.NormKernels.Channels;
import dev.mmib.op.Arithmetic;
import dev.mmib.op.Reduction;
import dev.mmib.op.ResidualBatchNorm;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Normalizations against the reference. */
public interface NormContract extends KernelContract {

  @Test
  default void computesSoftmaxAlongRows() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        softmax(bench, 3, n, bench.uniform(3 * n, -5, 5));
        softmax(bench, n, 3, bench.uniform(3 * n, -5, 5));
        softmax(bench, 2, n, bench.uniform(2 * n, -1000, 1000));
        softmax(bench, 1, n, bench.uniform(n, 1e9, 1.0001e9));
      }
    }
  }

  private static void softmax(Bench bench, int rows, int cols, Twin x) {
    var what = rows + " rows of " + cols;
    var y = bench.floats(rows * cols);
    var dy = bench.uniform(rows * cols);
    var dx = bench.floats(rows * cols);
    bench.each(d -> d.norm().softmax(x.on(d), y.on(d), rows, cols));
    bench.assertClose(y, "softmax of " + what);
    bench.each(d -> d.norm().softmaxGrad(y.on(d), dy.on(d), dx.on(d), rows, cols));
    bench.assertWithin(dx, 1e-5, 2e-6, "softmax′ of " + what);
  }

  @Test
  default void computesLogSoftmaxAlongRows() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        logSoftmax(bench, 3, n, bench.uniform(3 * n, -5, 5));
        logSoftmax(bench, n, 3, bench.uniform(3 * n, -5, 5));
        logSoftmax(bench, 2, n, bench.uniform(2 * n, -1000, 1000));
      }
    }
  }

  private static void logSoftmax(Bench bench, int rows, int cols, Twin x) {
    var what = rows + " rows of " + cols;
    var y = bench.floats(rows * cols);
    var dy = bench.uniform(rows * cols);
    var dx = bench.floats(rows * cols);
    bench.each(d -> d.norm().logSoftmax(x.on(d), y.on(d), rows, cols));
    bench.assertClose(y, "logSoftmax of " + what);
    // y itself is rounded at the size of its largest element, and exp(y) feels that.
    bench.each(d -> d.norm().logSoftmaxGrad(y.on(d), dy.on(d), dx.on(d), rows, cols));
    bench.assertClose(dx, 1e-4, 2e-4, "logSoftmax′ of " + what);
  }

  @Test
  default void normalizesRows() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        layerNorm(bench, 3, n, 0);
        layerNorm(bench, n, 5, 0);
        layerNorm(bench, 4, n, 100); // the mean is large against the deviation
      }
    }
  }

  private static void layerNorm(Bench bench, int rows, int cols, double offset) {
    var what = rows + " rows of " + cols + " at " + offset;
    var x = bench.uniform(rows * cols, offset - 1, offset + 1);
    var gamma = bench.uniform(cols, 0.5, 1.5);
    var beta = bench.uniform(cols);
    var y = bench.floats(rows * cols);
    var mean = bench.floats(rows);
    var invStd = bench.floats(rows);
    double eps = 1e-3;
    bench.each(
        d ->
            d.norm()
                .layerNorm(
                    x.on(d),
                    gamma.on(d),
                    beta.on(d),
                    eps,
                    y.on(d),
                    mean.on(d),
                    invStd.on(d),
                    rows,
                    cols));
    double loose = offset == 0 ? 1e-5 : 2e-4;
    bench.assertClose(y, loose, loose, "layerNorm of " + what);
    bench.assertClose(mean, loose, loose, "mean of " + what);
    bench.assertClose(invStd, loose, loose, "1/deviation of " + what);
    var dy = bench.uniform(rows * cols);
    var dx = bench.floats(rows * cols);
    var dgamma = bench.floats(cols);
    var dbeta = bench.floats(cols);
    bench.each(
        d ->
            d.norm()
                .layerNormGrad(
                    x.on(d),
                    gamma.on(d),
                    mean.on(d),
                    invStd.on(d),
                    dy.on(d),
                    dx.on(d),
                    dgamma.on(d),
                    dbeta.on(d),
                    rows,
                    cols));
    // Over few columns the gradient cancels: its error is that of its terms, up to 1/√eps.
    bench.assertWithin(dx, loose, 10 * loose, "layerNorm′ of " + what);
    bench.assertWithin(dgamma, loose, 10 * loose, "dgamma of " + what);
    bench.assertClose(dbeta, loose, loose, "dbeta of " + what);
  }

  @Test
  default void normalizesChannels() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        batchNorm(bench, new Channels(3, 4, n));
        batchNorm(bench, new Channels(4, n, 3));
        batchNorm(bench, new Channels(n + 1, 5, 1));
      }
    }
  }

  private static void batchNorm(Bench bench, Channels size) {
    int channels = size.channels();
    int n = size.batch() * channels * size.spatial();
    var x = bench.uniform(n);
    var mean = bench.floats(channels);
    var variance = bench.floats(channels);
    bench.each(d -> d.norm().batchStatistics(size, x.on(d), mean.on(d), variance.on(d)));
    bench.assertClose(mean, 1e-5, 1e-5, "mean of " + size);
    bench.assertClose(variance, 1e-5, 1e-5, "variance of " + size);
    batchNorm(bench, size, x, mean, variance, true);
    batchNorm(bench, size, x, bench.uniform(channels), bench.uniform(channels, 0.5, 2), false);
  }

  private static void batchNorm(
      Bench bench, Channels size, Twin x, Twin mean, Twin variance, boolean statisticsOfX) {
    int channels = size.channels();
    int n = size.batch() * channels * size.spatial();
    var gamma = bench.uniform(channels, 0.5, 1.5);
    var beta = bench.uniform(channels);
    var y = bench.floats(n);
    double eps = 1e-3;
    bench.each(
        d ->
            d.norm()
                .batchNorm(
                    size,
                    x.on(d),
                    mean.on(d),
                    variance.on(d),
                    gamma.on(d),
                    beta.on(d),
                    eps,
                    y.on(d)));
    bench.assertClose(y, 1e-5, 1e-5, "batchNorm of " + size);
    var dy = bench.uniform(n);
    var dx = bench.floats(n);
    var dgamma = bench.floats(channels);
    var dbeta = bench.floats(channels);
    for (boolean wanted : new boolean[] {true, false}) {
      bench.each(
          d ->
              d.norm()
                  .batchNormGrad(
                      size,
                      x.on(d),
                      mean.on(d),
                      variance.on(d),
                      gamma.on(d),
                      eps,
                      statisticsOfX,
                      dy.on(d),
                      wanted ? dx.on(d) : null,
                      dgamma.on(d),
                      dbeta.on(d)));
      bench.assertClose(dx, 1e-4, 1e-4, "batchNorm′ of " + size);
      bench.assertClose(dgamma, 1e-5, 1e-4, "dgamma of " + size);
      bench.assertClose(dbeta, 1e-5, 1e-4, "dbeta of " + size);
    }
  }

  @Test
  default void normalizesBatchesWithWhatFollowsInResidualNetworks() {
    try (var bench = bench()) {
      for (boolean relu : new boolean[] {true, false}) {
        for (boolean residual : new boolean[] {true, false}) {
          residualBatchNorm(bench, Shape.of(3, 16, 5, 7), residual, relu);
          residualBatchNorm(bench, Shape.of(2, 48, 33), residual, relu);
          residualBatchNorm(bench, Shape.of(5, 32, 1, 1), residual, relu);
          residualBatchNorm(bench, Shape.of(2, 16, 31, 33), residual, relu);
          residualBatchNorm(bench, Shape.of(3, 5, 4, 4), residual, relu);
        }
      }
    }
  }

  /** Output, statistics and all gradients. */
  private static void residualBatchNorm(
      Bench bench, Shape shape, boolean hasResidual, boolean relu) {
    int channels = shape.dim(1);
    var x = bench.uniformFloats(shape.size(), 1, 3);
    var added = bench.uniformFloats(shape.size(), -1, 1);
    var upstream = bench.uniformFloats(shape.size(), -1, 1);
    var gammas = bench.uniformFloats(channels, -1.5, 1.5);
    var betas = bench.uniformFloats(channels, -1, 1);
    var results = new ArrayList<List<float[]>>();
    bench.each(
        d -> {
          try (var scope = Scope.open(d, Mode.TRAIN)) {
            var in = scope.parameter(shape, x);
            var gamma = scope.parameter(Shape.of(channels), gammas);
            var beta = scope.parameter(Shape.of(channels), betas);
            var residual = hasResidual ? scope.parameter(shape, added) : null;
            var normalized =
                ResidualBatchNorm.batchNormTraining(in, gamma, beta, 1e-3, residual, relu);
            var y = normalized.y();
            var of = Tape.gradients(Reduction.sum(Arithmetic.mul(y, scope.of(shape, upstream))));
            var mine = new ArrayList<float[]>();
            for (var result :
                List.of(
                    y,
                    normalized.mean(),
                    normalized.variance(),
                    of.of(in),
                    of.of(gamma),
                    of.of(beta))) {
              mine.add(result.toFloats());
            }
            if (residual != null) {
              mine.add(of.of(residual).toFloats());
            }
            results.add(mine);
          }
        });
    var names = List.of("y", "mean", "variance", "dx", "dgamma", "dbeta", "dresidual");
    for (int r = 0; r < results.get(0).size(); r++) {
      var got = results.get(0).get(r);
      var want = results.get(1).get(r);
      double tolerance = r < 3 ? 1e-5 : 1e-4;
      for (int i = 0; i < want.length; i++) {
        assertEquals(
            want[i],
            got[i],
            tolerance * Math.max(1, Math.abs(want[i])),
            names.get(r) + " at " + i + " of " + shape + ", " + hasResidual + ", " + relu);
      }
    }
  }

  @Test
  default void normalizesSumsWithDropout() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        residualLayerNorm(bench, 3, n, Dropout.NONE, false);
        residualLayerNorm(bench, n, 5, new Dropout(0.1, 7, 1L << 33), false);
        residualLayerNorm(bench, 5, 4 * n, new Dropout(0.5, 8, 3), false);
      }
      residualLayerNorm(bench, 4, 768, Dropout.NONE, true);
      residualLayerNorm(bench, 3, 31, Dropout.NONE, true);
    }
  }

  private static void residualLayerNorm(
      Bench bench, int rows, int cols, Dropout dropout, boolean sharesGradient) {
    var what = rows + " rows of " + cols + " with " + dropout;
    var x = bench.uniform(rows * cols);
    var residual = bench.uniform(rows * cols);
    var gamma = bench.uniform(cols, 0.5, 1.5);
    var beta = bench.uniform(cols);
    var sum = bench.floats(rows * cols);
    var y = bench.floats(rows * cols);
    var mean = bench.floats(rows);
    var invStd = bench.floats(rows);
    bench.each(
        d ->
            d.norm()
                .residualLayerNorm(
                    dropout,
                    x.on(d),
                    residual.on(d),
                    gamma.on(d),
                    beta.on(d),
                    1e-3,
                    sum.on(d),
                    y.on(d),
                    mean.on(d),
                    invStd.on(d),
                    rows,
                    cols));
    bench.assertClose(sum, "sum of " + what);
    bench.assertClose(y, 1e-5, 1e-5, "residualLayerNorm of " + what);
    bench.assertClose(mean, 1e-5, 1e-5, "mean of " + what);
    bench.assertClose(invStd, 1e-5, 1e-5, "1/deviation of " + what);
    var dy = bench.uniform(rows * cols);
    var dresidual = bench.floats(rows * cols);
    var dx = sharesGradient ? dresidual : bench.floats(rows * cols);
    var dgamma = bench.floats(cols);
    var dbeta = bench.floats(cols);
    bench.each(
        d ->
            d.norm()
                .residualLayerNormGrad(
                    dropout,
                    sum.on(d),
                    gamma.on(d),
                    mean.on(d),
                    invStd.on(d),
                    dy.on(d),
                    dx.on(d),
                    dresidual.on(d),
                    dgamma.on(d),
                    dbeta.on(d),
                    rows,
                    cols));
    bench.assertWithin(dresidual, 1e-5, 1e-4, "dresidual of " + what);
    bench.assertWithin(dx, 1e-5, 1e-4, "dx of " + what);
    bench.assertWithin(dgamma, 1e-5, 1e-4, "dgamma of " + what);
    bench.assertClose(dbeta, 1e-5, 1e-5, "dbeta of " + what);
  }

  @Test
  default void dividesRowsByTheirLength() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        normalizeRows(bench, 3, n, bench.uniform(3 * n));
        normalizeRows(bench, n, 5, bench.uniform(n * 5));
        normalizeRows(bench, 2, n, bench.uniform(2 * n, 1e15, 2e15));
      }
      normalizeRows(bench, 2, 4, bench.floats(0, 0, 0, 0, 1e-5f, 0, -1e-5f, 0));
    }
  }

  private static void normalizeRows(Bench bench, int rows, int cols, Twin x) {
    var what = rows + " rows of " + cols;
    var y = bench.floats(rows * cols);
    var invNorm = bench.floats(rows);
    bench.each(d -> d.norm().normalizeRows(x.on(d), y.on(d), invNorm.on(d), rows, cols));
    bench.assertClose(y, "rows of length 1, " + what);
    bench.assertClose(invNorm, "1/length of " + what);
    var dy = bench.uniform(rows * cols);
    var dx = bench.floats(rows * cols);
    bench.each(
        d -> d.norm().normalizeRowsGrad(y.on(d), invNorm.on(d), dy.on(d), dx.on(d), rows, cols));
    // Of a short row dy and its part along the row cancel: the error is that of the terms.
    double longest = 0;
    for (float value : invNorm.floats()) {
      longest = Math.max(longest, value);
    }
    bench.assertWithin(dx, 1e-5, 1e-5 * longest, "dx of " + what);
  }
}
