package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.tensor.Shape;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Softmax, normalizations and divergence against their formulas. */
class NormalizationTest extends OpsFixture {

  @Test
  void softmaxIsNormalizedExponentials() {
    var x = wild(3, 7);
    IntToDoubleFunction sum =
        i -> IntStream.range(i / 7 * 7, i / 7 * 7 + 7).mapToDouble(j -> Math.exp(wildly(j))).sum();
    assertElements(Softmax.softmax(x), x.shape(), i -> Math.exp(wildly(i)) / sum.applyAsDouble(i));
    assertElements(
        Softmax.logSoftmax(x), x.shape(), i -> wildly(i) - Math.log(sum.applyAsDouble(i)));
    var huge = Softmax.logSoftmax(scope.of(Shape.of(2), 1e30f, 0));
    assertEquals(0, backend.values(huge.buffer())[0]);
  }

  @Test
  void layerNormStandardizesRows() {
    int n = 5;
    var y = Normalization.layerNorm(wild(3, n), wild(n), wild(n), 0.1);
    assertElements(
        y,
        Shape.of(3, n),
        i -> {
          var row = IntStream.range(i / n * n, i / n * n + n).mapToDouble(OpsFixture::wildly);
          return standardized(row.toArray(), wildly(i), 0.1) * wildly(i % n) + wildly(i % n);
        });
    assertMessage(
        "[4]", "[3, 5]", () -> Normalization.layerNorm(wild(3, n), wild(4), wild(n), 0.1));
  }

  @Test
  void residualLayerNormIsLayerNormOfTheSum() {
    var x = wild(3, 5);
    var residual = Arithmetic.scale(wild(3, 5), -0.3);
    var gamma = wild(5);
    var beta = wild(5);
    var sum = Arithmetic.add(x, residual);
    var expected = backend.values(Normalization.layerNorm(sum, gamma, beta, 0.1).buffer());
    assertElements(
        Normalization.residualLayerNorm(x, residual, gamma, beta, 0.1, 0.5), // INFER: no dropout
        Shape.of(3, 5),
        i -> expected[i]);
    assertMessage(
        "[4, 5]",
        "[3, 5]",
        () -> Normalization.residualLayerNorm(x, wild(4, 5), gamma, beta, 0.1, 0));
    assertMessage(
        "[4]", "[3, 5]", () -> Normalization.residualLayerNorm(x, x, wild(4), beta, 0.1, 0));
  }

  private static double standardized(double[] all, double value, double eps) {
    double mean = 0;
    double variance = 0;
    for (double v : all) {
      mean += v / all.length;
    }
    for (double v : all) {
      variance += (v - mean) * (v - mean) / all.length;
    }
    return (value - mean) / Math.sqrt(variance + eps);
  }

  @Test
  void batchNormStandardizesChannels() {
    var batch = Normalization.batchNormTraining(wild(2, 3, 4), wild(3), wild(3), 0.1);
    IntToDoubleFunction normalized =
        i -> {
          int c = i / 4 % 3;
          var channel = IntStream.range(0, 24).filter(j -> j / 4 % 3 == c);
          var values = channel.mapToDouble(OpsFixture::wildly).toArray();
          return standardized(values, wildly(i), 0.1) * wildly(c) + wildly(c);
        };
    assertElements(batch.y(), Shape.of(2, 3, 4), normalized);
    var again =
        Normalization.batchNorm(
            wild(2, 3, 4), wild(3), wild(3), batch.mean(), batch.variance(), 0.1);
    assertElements(again, Shape.of(2, 3, 4), normalized);
    assertMessage(
        "[4]",
        "[batch, channels, ..]",
        () -> Normalization.batchNormTraining(wild(4), wild(4), wild(4), 0));
    assertMessage(
        "[4]",
        "[2, 3, 4]",
        () -> Normalization.batchNormTraining(wild(2, 3, 4), wild(4), wild(4), 0));
  }

  @Test
  void divergenceIsTheMeanOverTheRowsThatCount() {
    var mu = wild(2, 3);
    var logVar = wild(2, 3);
    IntToDoubleFunction term =
        i -> -0.5 * (1 + wildly(i) - wildly(i) * wildly(i) - Math.exp(wildly(i)));
    double all = IntStream.range(0, 6).mapToDouble(term).average().orElseThrow();
    assertElements(Noise.gaussianKl(mu, logVar, null), Shape.of(), i -> all);
    double second = IntStream.range(3, 6).mapToDouble(term).average().orElseThrow();
    var mask = scope.of(Shape.of(2), 0, 1);
    assertElements(Noise.gaussianKl(mu, logVar, mask), Shape.of(), i -> second);
    assertMessage("none", "2 rows", () -> Noise.gaussianKl(mu, logVar, scope.zeros(Shape.of(2))));
    assertMessage("[3]", "[2, 3]", () -> Noise.gaussianKl(mu, logVar, wild(3)));
    assertMessage("[2, 3]", "[3]", () -> Noise.gaussianKl(mu, wild(3), null));
  }
}
