package dev.mmib.op;

import static dev.mmib.op.Activation.biased;
import static dev.mmib.op.GradientCheck.between;
import static dev.mmib.op.GradientCheck.check;
import static dev.mmib.op.Normalization.residualLayerNorm;
import static dev.mmib.tensor.Shape.of;

import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The derivatives of operators that do the work of several, against central differences. */
class FusedDerivativesTest {

  private static final int[] SIZES = {1, 3, 31, 33};

  @Test
  void layerNormalizationOfASumWithDropout() {
    for (double p : new double[] {0, 0.4}) {
      Function<Tensor[], Tensor> op = x -> residualLayerNorm(x[0], x[1], x[2], x[3], 0.01, p);
      for (int n : SIZES) {
        check(op, of(3, n), of(3, n), of(n), of(n));
        check(op, of(n, 2, 5), of(n, 2, 5), of(5), of(5));
      }
    }
    check(x -> residualLayerNorm(x[0], x[0], x[1], x[2], 0.01, 0), of(3, 5), of(5), of(5));
    // One of the two a constant.
    check(
        x -> residualLayerNorm(x[0], Scope.current().zeros(of(3, 5)), x[1], x[2], 0.01, 0.4),
        of(3, 5),
        of(5),
        of(5));
    check(
        x -> residualLayerNorm(Scope.current().zeros(of(3, 5)), x[0], x[1], x[2], 0.01, 0.4),
        of(3, 5),
        of(5),
        of(5));
  }

  @ParameterizedTest
  @EnumSource
  void functionsOfABiasedNumber(Unary f) {
    var range =
        f == Unary.LOG || f == Unary.SQRT || f == Unary.RELU ? between(0.3, 2) : between(-2, 2);
    for (int n : SIZES) {
      range.gradients(x -> biased(f, x[0], x[1]), of(3, n), of(n));
      range.gradients(x -> biased(f, x[0], x[1]), of(2, n, 5), of(5));
    }
    range.gradients(x -> biased(f, x[0], x[1]), of(2, 600), of(600)); // several strips
  }
}
