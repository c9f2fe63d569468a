package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.DType;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.kernel.ElementwiseKernels.Binary;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.tensor.Shape;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Functions of one number and arithmetic against their formulas. */
class PointwiseTest extends OpsFixture {

  @Test
  void functionsOfOneNumberHaveTheirKnownValues() {
    var x = scope.of(Shape.of(4), -2, -0.5f, 0, 1);
    var values = new double[] {-2, -0.5, 0, 1};
    assertElements(Activation.exp(x), x.shape(), i -> Math.exp(values[i]));
    assertElements(Activation.tanh(x), x.shape(), i -> Math.tanh(values[i]));
    assertElements(Activation.sigmoid(x), x.shape(), i -> 1 / (1 + Math.exp(-values[i])));
    assertElements(Activation.softplus(x), x.shape(), i -> Math.log(1 + Math.exp(values[i])));
    assertElements(Activation.relu(x), x.shape(), i -> new double[] {0, 0, 0, 1}[i]);
    // Φ(−2), Φ(−½), Φ(1) from tables of the normal distribution.
    var gelu = new double[] {-0.045500263896358, -0.154268769363399, 0, 0.841344746068543};
    assertElements(Activation.gelu(x), x.shape(), i -> gelu[i]);
    var erf = new double[] {-0.995322265018953, -0.520499877813047, 0, 0.842700792949715};
    assertElements(Activation.erf(x), x.shape(), i -> erf[i]);
    var geluTanh = new double[] {-0.045402305912, -0.154285990175, 0, 0.841191990608};
    assertArrayEquals(geluTanh, backend.values(Activation.geluTanh(x).buffer()), 1e-9, "tanh form");
    var positive = scope.of(Shape.of(3), 0.25f, 1, 4);
    assertElements(
        Activation.log(positive), positive.shape(), i -> new double[] {-2, 0, 2}[i] * Math.log(2));
    assertElements(Activation.sqrt(positive), positive.shape(), i -> new double[] {0.5, 1, 2}[i]);
  }

  @Test
  void aBiasIsAddedBeforeTheFunction() {
    var x = wild(2, 3, 4);
    var y = Activation.biased(Unary.SIGMOID, x, wild(4));
    assertElements(y, x.shape(), i -> 1 / (1 + Math.exp(-wildly(i) - wildly(i % 4))));
    assertMessage("[3]", "[4]", () -> Activation.biased(Unary.GELU, x, wild(3)));
    assertMessage(
        "biased gelu", "[.., cols]", () -> Activation.biased(Unary.GELU, wild(), wild(1)));
  }

  @Test
  void tanhIsExactNearZeroAndFarFromIt() {
    for (double v : new double[] {0, 1e-9, -1e-6, 9.99e-4, 1.001e-3, -0.02, 0.7, 5, -25, 900}) {
      var x = scope.allocate(Shape.of());
      backend.set(x.buffer(), v);
      double got = backend.values(Activation.tanh(x).buffer())[0];
      assertEquals(Math.tanh(v), got, 1e-13 * Math.abs(Math.tanh(v)), "tanh " + v);
    }
  }

  @Test
  void softplusAndSigmoidDoNotOverflow() {
    var x = scope.of(Shape.of(2), -800, 800);
    assertElements(Activation.softplus(x), x.shape(), i -> i == 0 ? 0 : 800);
    assertElements(Activation.sigmoid(x), x.shape(), i -> i);
    var tail = backend.values(Activation.softplus(scope.of(Shape.of(), -30)).buffer())[0];
    assertEquals(Math.exp(-30), tail, 1e-12 * Math.exp(-30)); // ln(1 + e) = e − e²/2 + …
  }

  @Test
  void reluHasNoSlopeInItsCorner() {
    var zero = scope.of(Shape.of(1), 0);
    var one = scope.of(Shape.of(1), 1);
    var dx = scope.of(Shape.of(1), 5);
    backend
        .elementwise()
        .unaryGrad(Unary.RELU, zero.buffer(), zero.buffer(), one.buffer(), dx.buffer());
    assertEquals(0, dx.item());
  }

  @Test
  void arithmeticBroadcastsAsNumpyDoes() {
    var a = wild(2, 1, 3);
    var b = wild(4, 1);
    var shape = Shape.of(2, 4, 3);
    IntToDoubleFunction left = i -> wildly(i / 12 * 3 + i % 3);
    IntToDoubleFunction right = i -> wildly(i / 3 % 4);
    assertElements(
        Arithmetic.add(a, b), shape, i -> left.applyAsDouble(i) + right.applyAsDouble(i));
    assertElements(
        Arithmetic.sub(a, b), shape, i -> left.applyAsDouble(i) - right.applyAsDouble(i));
    assertElements(
        Arithmetic.mul(a, b), shape, i -> left.applyAsDouble(i) * right.applyAsDouble(i));
    assertElements(
        Arithmetic.div(a, b), shape, i -> left.applyAsDouble(i) / right.applyAsDouble(i));
    assertElements(Arithmetic.affine(a, -2, 0.5), a.shape(), i -> -2 * wildly(i) + 0.5);
    assertMessage("[2, 1, 3]", "[2]", () -> Arithmetic.add(a, wild(2)));
  }

  @Test
  void kernelsFollowAnyStrides() {
    var a = wild(5, 3);
    var b = wild(3, 5);
    var y = scope.allocate(Shape.of(3, 5));
    backend
        .elementwise()
        .binaryBroadcast(
            Binary.SUB,
            a.buffer(),
            new int[] {1, 3},
            b.buffer(),
            new int[] {5, 1},
            y.buffer(),
            new int[] {3, 5});
    assertElements(y, y.shape(), i -> wildly(i % 5 * 3 + i / 5) - wildly(i));
  }

  @Test
  void kernelsRefuseABufferOfAnotherDevice() {
    var y = wild(3);
    try (var other = new JavaBackend(1);
        var foreign = other.allocate(DType.F32, 3)) {
      assertMessage(
          "another device",
          "HeapBuffer",
          () -> backend.elementwise().accumulate(foreign, y.buffer()));
    }
  }
}
