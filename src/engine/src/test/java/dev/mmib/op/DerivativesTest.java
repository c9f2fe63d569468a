package dev.mmib.op;

import static dev.mmib.op.Activation.exp;
import static dev.mmib.op.Activation.gelu;
import static dev.mmib.op.Activation.geluTanh;
import static dev.mmib.op.Activation.log;
import static dev.mmib.op.Activation.relu;
import static dev.mmib.op.Activation.sigmoid;
import static dev.mmib.op.Activation.softplus;
import static dev.mmib.op.Activation.sqrt;
import static dev.mmib.op.Activation.tanh;
import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.affine;
import static dev.mmib.op.Arithmetic.div;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Arithmetic.sub;
import static dev.mmib.op.GradientCheck.between;
import static dev.mmib.op.GradientCheck.check;
import static dev.mmib.op.Layout.broadcastTo;
import static dev.mmib.op.Layout.concat;
import static dev.mmib.op.Layout.permute;
import static dev.mmib.op.Layout.reshape;
import static dev.mmib.op.Layout.roll;
import static dev.mmib.op.Layout.slice;
import static dev.mmib.op.Layout.transpose;
import static dev.mmib.op.MatMul.linear;
import static dev.mmib.op.MatMul.matmul;
import static dev.mmib.op.Normalization.batchNorm;
import static dev.mmib.op.Normalization.batchNormTraining;
import static dev.mmib.op.Normalization.layerNorm;
import static dev.mmib.op.Reduction.mean;
import static dev.mmib.op.Reduction.sum;
import static dev.mmib.op.Reduction.sumTo;
import static dev.mmib.tensor.Shape.of;

import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The derivative of every basic operator against central differences. */
class DerivativesTest {

  private static final int[] SIZES = {1, 3, 31, 33};

  static Stream<Named<UnaryOperator<Tensor>>> functionsOfOneNumber() {
    return Stream.of(
        Named.of("exp", x -> exp(x)),
        Named.of("tanh", x -> tanh(x)),
        Named.of("sigmoid", x -> sigmoid(x)),
        Named.of("softplus", x -> softplus(x)),
        Named.of("erf", x -> Activation.erf(x)),
        Named.of("gelu", x -> gelu(x)),
        Named.of("geluTanh", x -> geluTanh(x)),
        Named.of("affine", x -> affine(x, -2.5, 0.75)),
        Named.of("scale", x -> Arithmetic.scale(x, 3)));
  }

  @ParameterizedTest
  @MethodSource
  void functionsOfOneNumber(UnaryOperator<Tensor> f) {
    for (int n : SIZES) {
      between(-3, 3).gradients(x -> f.apply(x[0]), of(n));
    }
  }

  @Test
  void functionsOfAPositiveNumber() {
    for (int n : SIZES) {
      between(0.5, 3).gradients(x -> log(x[0]), of(n));
      between(0.5, 3).gradients(x -> sqrt(x[0]), of(n));
    }
  }

  @Test
  void reluOnBothSidesOfItsCorner() {
    between(0.1, 3).gradients(x -> relu(x[0]), of(3, 3));
    between(-3, -0.1).gradients(x -> relu(x[0]), of(3, 3));
  }

  static Stream<Named<BinaryOperator<Tensor>>> functionsOfTwoNumbers() {
    return Stream.of(
        Named.of("add", (a, b) -> add(a, b)),
        Named.of("sub", (a, b) -> sub(a, b)),
        Named.of("mul", (a, b) -> mul(a, b)),
        Named.of("div", (a, b) -> div(a, b)));
  }

  @ParameterizedTest
  @MethodSource
  void functionsOfTwoNumbers(BinaryOperator<Tensor> f) {
    var positive = between(0.8, 2);
    Function<Tensor[], Tensor> op = x -> f.apply(x[0], x[1]);
    for (int n : SIZES) {
      positive.gradients(op, of(n), of(n));
      positive.gradients(op, of(n, 3), of(3));
      positive.gradients(op, of(3, n), of(3, 1));
      positive.gradients(op, of(1, n), of(3, 1));
      positive.gradients(op, of(n), of());
    }
    positive.gradients(op, of(), of());
    positive.gradients(op, of(3), of(2, 4, 3));
    positive.gradients(op, of(2, 1, 3), of(4, 1));
    positive.gradients(op, of(2, 3, 1, 2), of(2, 1, 4, 1));
    positive.gradients(op, of(1, 3), of(3));
    positive.gradients(x -> f.apply(x[0], x[0]), of(5)); // the same tensor twice
  }

  @Test
  void matrixProducts() {
    for (boolean ta : new boolean[] {false, true}) {
      for (boolean tb : new boolean[] {false, true}) {
        Function<Tensor[], Tensor> op = x -> matmul(x[0], ta, x[1], tb);
        matmulOf(op, ta, tb, 1, 1, 1);
        matmulOf(op, ta, tb, 3, 4, 5);
        matmulOf(op, ta, tb, 2, 33, 3);
      }
    }
  }

  private static void matmulOf(
      Function<Tensor[], Tensor> op, boolean ta, boolean tb, int m, int k, int n) {
    int[] a = ta ? new int[] {k, m} : new int[] {m, k};
    int[] b = tb ? new int[] {n, k} : new int[] {k, n};
    check(op, of(a), of(b));
    check(op, of(3, a[0], a[1]), of(3, b[0], b[1]));
    check(op, of(2, 3, a[0], a[1]), of(2, 3, b[0], b[1]));
    check(op, of(3, a[0], a[1]), of(b));
    check(op, of(a), of(3, b[0], b[1]));
  }

  @Test
  void linearMaps() {
    for (int n : SIZES) {
      check(x -> linear(x[0], x[1], x[2]), of(n, 3), of(4, 3), of(4));
      check(x -> linear(x[0], x[1], x[2]), of(2, 3, n), of(2, n), of(2));
      check(x -> linear(x[0], x[1], null), of(3), of(n, 3));
    }
  }

  @Test
  void softmaxAndItsLogarithm() {
    for (int n : SIZES) {
      between(-3, 3).gradients(x -> Softmax.softmax(x[0]), of(2, n));
      between(-3, 3).gradients(x -> Softmax.logSoftmax(x[0]), of(2, n));
      between(-3, 3).gradients(x -> Softmax.softmax(x[0]), of(n, 2, 3));
      between(-3, 3).gradients(x -> Softmax.logSoftmax(x[0]), of(n, 2, 3));
    }
  }

  @Test
  void layerNormalization() {
    for (int n : SIZES) {
      check(x -> layerNorm(x[0], x[1], x[2], 0.01), of(3, n), of(n), of(n));
      check(x -> layerNorm(x[0], x[1], x[2], 0.01), of(n, 2, 5), of(5), of(5));
    }
    check(x -> layerNorm(x[0], x[1], x[2], 0.01), of(2, 600), of(600), of(600)); // several strips
  }

  @Test
  void batchNormalizationByGivenStatistics() {
    for (int n : SIZES) {
      Function<Tensor[], Tensor> op =
          x -> {
            var mean = Scope.current().of(of(2), 0.3f, -0.2f);
            var variance = Scope.current().of(of(2), 0.5f, 2);
            return batchNorm(x[0], x[1], x[2], mean, variance, 1e-5);
          };
      check(op, of(3, 2, n), of(2), of(2));
      check(op, of(n, 2), of(2), of(2));
    }
  }

  @Test
  void batchNormalizationOfAFrozenInput() {
    Function<Tensor[], Tensor> op =
        x -> {
          var frozen = Scope.current().of(of(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 9);
          return batchNormTraining(frozen, x[0], x[1], 1e-5).y();
        };
    check(op, of(2), of(2));
  }

  @Test
  void batchNormalizationByItsOwnStatistics() {
    Function<Tensor[], Tensor> op = x -> batchNormTraining(x[0], x[1], x[2], 0.01).y();
    for (int n : SIZES) {
      check(op, of(3, 2, n), of(2), of(2));
      check(op, of(2, 3, n, 2), of(3), of(3));
    }
    check(op, of(31, 3), of(3), of(3));
  }

  @Test
  void rowsByNumber() {
    for (int n : SIZES) {
      check(x -> Lookup.embedding(x[0], ids(of(2, 3), 4, 0, 4, 4, 1, 2)), of(5, n));
      check(x -> Lookup.gatherRows(x[0], ids(of(4), 2, -1, 2, 0)), of(3, n));
    }
  }

  private static Tensor ids(Shape shape, int... values) {
    return Scope.current().ints(shape, values);
  }

  @Test
  void sumsAndMeans() {
    for (int n : SIZES) {
      check(x -> sum(x[0]), of(n, 2));
      check(x -> mean(x[0]), of(n, 2));
      for (boolean keep : new boolean[] {false, true}) {
        check(x -> sum(x[0], 0, keep), of(n, 3, 2));
        check(x -> sum(x[0], 1, keep), of(2, n, 3));
        check(x -> mean(x[0], -1, keep), of(2, 3, n));
      }
      check(x -> sumTo(x[0], of(3, 1)), of(2, 3, n));
      check(x -> sumTo(x[0], of(2, 1, n)), of(2, 3, n));
      check(x -> sumTo(x[0], of(1, 3, 1)), of(2, 3, n));
      check(x -> sumTo(x[0], of()), of(2, n));
    }
  }

  @Test
  void movesOfNumbers() {
    for (int n : SIZES) {
      check(x -> reshape(x[0], 2, -1), of(n, 2));
      check(x -> concat(0, x[0], x[1], x[0]), of(2, n), of(3, n));
      check(x -> concat(-1, x[0], x[1]), of(2, 3, n), of(2, 3, 1));
      check(x -> concat(1, x[0], x[1]), of(2, n, 3), of(2, 1, 3));
      check(x -> slice(x[0], 1, 0, 1), of(2, n, 3));
      check(x -> slice(x[0], -1, n / 2, n), of(2, n));
      check(x -> roll(x[0], 2, 0), of(n, 2));
      check(x -> roll(x[0], -1, -1), of(2, n));
      check(x -> permute(x[0], 2, 0, 1), of(2, n, 3));
      check(x -> transpose(x[0]), of(2, n, 3));
      check(x -> broadcastTo(x[0], of(2, 3, n)), of(3, 1));
      check(x -> broadcastTo(x[0], of(2, n)), of());
    }
  }

  @Test
  void dropoutAndNoiseOfTheSameStream() {
    for (int n : SIZES) {
      check(x -> Regularization.dropout(x[0], 0.4), of(3, n));
      check(x -> Noise.reparameterize(x[0], x[1]), of(3, n), of(3, n));
      check(x -> Noise.reparameterizeAlways(x[0], x[1]), of(3, n), of(3, n));
      check(x -> Noise.reparameterize(x[0], x[1], x[2]), of(3, n), of(3, n), of(3, n));
    }
    between(-1, 1)
        .withRandomState(-5, 1L << 40)
        .gradients(x -> Noise.reparameterize(x[0], x[1]), of(1025), of(1025));
  }

  @Test
  void divergenceFromTheStandardGaussian() {
    for (int n : SIZES) {
      check(x -> Noise.gaussianKl(x[0], x[1], null), of(2, 3, n), of(2, 3, n));
      check(
          x -> {
            var mask = Scope.current().of(of(2, 3), 1, 0, 1, 1, 0, 0);
            return Noise.gaussianKl(x[0], x[1], mask);
          },
          of(2, 3, n),
          of(2, 3, n));
    }
  }

  @Test
  void bilinearForms() {
    for (int n : SIZES) {
      check(x -> Bilinear.bilinear(x[0], x[1], x[2], x[3]), of(3, 4), of(3, n), of(2, 4, n), of(2));
      check(x -> Bilinear.bilinear(x[0], x[1], x[2], null), of(n, 2), of(n, 3), of(1, 2, 3));
    }
  }

  @Test
  void compositionsOfMany() {
    check(
        x -> {
          var h = gelu(linear(x[0], x[1], x[2]));
          var n = layerNorm(add(h, x[0]), x[3], x[4], 1e-3);
          return Softmax.logSoftmax(matmul(n, false, n, true));
        },
        of(5, 3),
        of(3, 3),
        of(3),
        of(3),
        of(3));
  }
}
