package dev.mmib.cuda;

import dev.mmib.backend.Bench;
import dev.mmib.backend.Bench.Twin;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.NormKernels.Channels;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The kernels that the sizes of the contracts do not reach: those for rows as models have them. */
@Tag("gpu")
class RowShapesTest {

  /** Around the longest row of each kernel; multiples of 4 and others. */
  private static final int[] COLS = {4, 80, 128, 250, 256, 512, 514, 768, 1024, 1028, 4100};

  private static final int ROWS = 21;

  @Test
  void computesSoftmaxOfRowsOfEveryLength() {
    try (var bench = new Bench(Gpu.open())) {
      for (int cols : COLS) {
        int n = ROWS * cols;
        var x = bench.uniform(n, -5, 5);
        var dy = bench.uniform(n);
        var y = bench.floats(n);
        var dx = bench.floats(n);
        bench.each(d -> d.norm().softmax(x.on(d), y.on(d), ROWS, cols));
        bench.assertClose(y, "softmax of " + cols);
        bench.each(d -> d.norm().softmaxGrad(y.on(d), dy.on(d), dx.on(d), ROWS, cols));
        bench.assertWithin(dx, 1e-5, 2e-6, "softmax′ of " + cols);
        bench.each(d -> d.norm().logSoftmax(x.on(d), y.on(d), ROWS, cols));
        bench.assertClose(y, "logSoftmax of " + cols);
        bench.each(d -> d.norm().logSoftmaxGrad(y.on(d), dy.on(d), dx.on(d), ROWS, cols));
        bench.assertClose(dx, 1e-4, 2e-5, "logSoftmax′ of " + cols);
      }
    }
  }

  @Test
  void normalizesRowsOfEveryLength() {
    try (var bench = new Bench(Gpu.open())) {
      for (int cols : COLS) {
        new LayerNorm(bench, cols).alone();
        new LayerNorm(bench, cols).afterResidual(new Dropout(0.1, 7, 3));
        new LayerNorm(bench, cols).afterResidual(Dropout.NONE);
      }
    }
  }

  /** Buffers of a layer norm, and what is done with them. */
  private static final class LayerNorm {
    private static final double EPS = 1e-5;

    private final Bench bench;
    private final int cols;
    private final Twin x;
    private final Twin residual;
    private final Twin gamma;
    private final Twin beta;
    private final Twin dy;
    private final Twin sum;
    private final Twin y;
    private final Twin mean;
    private final Twin invStd;
    private final Twin dx;
    private final Twin dresidual;
    private final Twin dgamma;
    private final Twin dbeta;

    LayerNorm(Bench bench, int cols) {
      int n = ROWS * cols;
      this.bench = bench;
      this.cols = cols;
      x = bench.uniform(n);
      residual = bench.uniform(n);
      gamma = bench.uniform(cols, 0.5, 1.5);
      beta = bench.uniform(cols);
      dy = bench.uniform(n);
      sum = bench.floats(n);
      y = bench.floats(n);
      mean = bench.floats(ROWS);
      invStd = bench.floats(ROWS);
      dx = bench.floats(n);
      dresidual = bench.floats(n);
      dgamma = bench.floats(cols);
      dbeta = bench.floats(cols);
    }

    void alone() {
      bench.each(
          d ->
              d.norm()
                  .layerNorm(
                      x.on(d),
                      gamma.on(d),
                      beta.on(d),
                      EPS,
                      y.on(d),
                      mean.on(d),
                      invStd.on(d),
                      ROWS,
                      cols));
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
                      ROWS,
                      cols));
      compare("layerNorm of " + cols);
    }

    void afterResidual(Dropout dropout) {
      bench.each(
          d ->
              d.norm()
                  .residualLayerNorm(
                      dropout,
                      x.on(d),
                      residual.on(d),
                      gamma.on(d),
                      beta.on(d),
                      EPS,
                      sum.on(d),
                      y.on(d),
                      mean.on(d),
                      invStd.on(d),
                      ROWS,
                      cols));
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
                      ROWS,
                      cols));
      var what = "residualLayerNorm of " + cols + ", p = " + dropout.p();
      bench.assertClose(sum, what);
      bench.assertWithin(dresidual, 1e-5, 1e-4, "dresidual, " + what);
      compare(what);
    }

    private void compare(String what) {
      bench.assertClose(y, 1e-5, 1e-5, what);
      bench.assertWithin(mean, 1e-5, 1e-6, "mean, " + what);
      bench.assertClose(invStd, 1e-5, 1e-5, "1/deviation, " + what);
      bench.assertWithin(dx, 1e-5, 1e-4, "dx, " + what);
      bench.assertClose(dgamma, 1e-5, 1e-5, "dgamma, " + what);
      bench.assertClose(dbeta, 1e-5, 1e-5, "dbeta, " + what);
    }
  }

  @Test
  void addsUpChannelsInSeveralBlocks() {
    try (var bench = new Bench(Gpu.open())) {
      for (var size : new Channels[] {new Channels(9, 3, 784), new Channels(50, 2, 49)}) {
        int n = size.batch() * size.channels() * size.spatial();
        var x = bench.uniform(n, 99, 101); // the mean is large against the deviation
        var mean = bench.floats(size.channels());
        var variance = bench.floats(size.channels());
        bench.each(d -> d.norm().batchStatistics(size, x.on(d), mean.on(d), variance.on(d)));
        bench.assertClose(mean, 1e-6, 1e-6, "mean of " + size);
        bench.assertClose(variance, 1e-5, 1e-5, "variance of " + size);
      }
    }
  }

  @Test
  void losesOverManyClassesAndLogits() {
    try (var bench = new Bench(Gpu.open())) {
      int rows = 3;
      int cols = 2100;
      var x = bench.uniform(rows * cols, -5, 5);
      var targets = bench.ints(new int[] {0, cols - 1, -1});
      var dloss = bench.uniform(rows);
      var loss = bench.floats(rows);
      var dx = bench.floats(rows * cols);
      bench.each(d -> d.loss().crossEntropy(x.on(d), targets.on(d), null, loss.on(d), rows, cols));
      bench.assertClose(loss, "loss");
      bench.each(
          d ->
              d.loss()
                  .crossEntropyGrad(
                      x.on(d), targets.on(d), null, dloss.on(d), dx.on(d), rows, cols));
      bench.assertWithin(dx, 1e-5, 1e-6, "dx");
      var logits = bench.uniform(20_000, -5, 5); // of several blocks
      var mean = bench.floats(1);
      bench.each(d -> d.loss().logistic(logits.on(d), true, mean.on(d)));
      bench.assertClose(mean, "logistic");
    }
  }
}
