package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cross entropy against its definition, and against central differences. */
class CrossEntropyTest {

  private Backend backend;
  private Scope scope;

  @BeforeEach
  void open() {
    backend = new JavaBackend(1);
    scope = Scope.open(backend, Mode.TRAIN);
  }

  @AfterEach
  void close() {
    scope.close();
    backend.close();
  }

  @Test
  void gradientsAreThoseOfCentralDifferences() {
    GradientCheck.check(
        x -> CrossEntropy.crossEntropy(x[0], Scope.current().ints(Shape.of(5), 2, 0, -1, 1, 2)),
        Shape.of(5, 3));
    GradientCheck.check(
        x ->
            CrossEntropy.crossEntropy(
                x[0],
                Scope.current().ints(Shape.of(4), 2, 0, -100, 1),
                Scope.current().of(Shape.of(3), 0.5f, 0, 2)),
        Shape.of(4, 3));
    GradientCheck.check(
        x ->
            CrossEntropy.binaryCrossEntropy(
                x[0], Scope.current().of(Shape.of(2, 3), 0, 1, 0.3f, 1, 0, 0.5f)),
        Shape.of(2, 3));
  }

  @Test
  void isMinusTheLogarithmOfTheTargetsShare() {
    var x = scope.of(Shape.of(3, 2), 1, 3, 1, 3, 1, 3);
    var targets = scope.ints(Shape.of(3), 0, 1, -1);
    double share = 1 / (1 + Math.exp(2));
    var plain = CrossEntropy.crossEntropy(x, targets).toFloats();
    assertEquals(-Math.log(share), plain[0], 1e-6);
    assertEquals(-Math.log(1 - share), plain[1], 1e-6);
    assertEquals(0, plain[2]);
    var weights = scope.of(Shape.of(2), 3, 5);
    var weighted = CrossEntropy.crossEntropy(x, targets, weights).toFloats();
    assertEquals(-3 * Math.log(share), weighted[0], 1e-5);
    assertEquals(-5 * Math.log(1 - share), weighted[1], 1e-5);
  }

  @Test
  void survivesLargeLogits() {
    var x = scope.parameter(Shape.of(2, 2), 1e6f, -1e6f, 1e6f, -1e6f);
    var loss = CrossEntropy.crossEntropy(x, scope.ints(Shape.of(2), 0, 1));
    assertArrayEquals(new float[] {0, 2e6f}, loss.toFloats());
    var dx = Tape.gradients(Reduction.sum(loss)).of(x).toFloats();
    assertArrayEquals(new float[] {0, 0, 1, -1}, dx);
  }

  @Test
  void binaryIsTheCrossEntropyOfTheSigmoid() {
    var x = scope.of(Shape.of(3), 2, -1, 0.5f);
    var y = scope.of(Shape.of(3), 1, 0, 0.25f);
    var loss = CrossEntropy.binaryCrossEntropy(x, y).toFloats();
    for (int i = 0; i < 3; i++) {
      double p = 1 / (1 + Math.exp(-x.toFloats()[i]));
      double t = y.toFloats()[i];
      assertEquals(-t * Math.log(p) - (1 - t) * Math.log(1 - p), loss[i], 1e-6);
    }
  }

  @Test
  void binarySurvivesLargeLogits() {
    var x = scope.parameter(Shape.of(4), 1e4f, 1e4f, -1e4f, -1e4f);
    var loss = CrossEntropy.binaryCrossEntropy(x, scope.of(Shape.of(4), 1, 0, 1, 0));
    assertArrayEquals(new float[] {0, 1e4f, 1e4f, 0}, loss.toFloats());
    var dx = Tape.gradients(Reduction.sum(loss)).of(x).toFloats();
    assertArrayEquals(new float[] {0, 1, -1, 0}, dx);
  }

  @Test
  void namesBothValuesWhenTheyDoNotFit() {
    var x = scope.zeros(Shape.of(2, 3));
    assertMessage(
        "crossEntropy: target out of range, 3 vs 3",
        () -> CrossEntropy.crossEntropy(x, scope.ints(Shape.of(2), 0, 3)));
    assertMessage(
        "crossEntropy: targets has another shape, [3] vs [2]",
        () -> CrossEntropy.crossEntropy(x, scope.ints(Shape.of(3), 0, 1, 2)));
    assertMessage(
        "crossEntropy: weights has another shape, [2] vs [3]",
        () ->
            CrossEntropy.crossEntropy(x, scope.ints(Shape.of(2), 0, 1), scope.zeros(Shape.of(2))));
    assertMessage(
        "crossEntropy: targets must be ints, Tensor[2] vs I32",
        () -> CrossEntropy.crossEntropy(x, scope.zeros(Shape.of(2))));
    assertMessage(
        "binaryCrossEntropy: target has another shape, [2] vs [2, 3]",
        () -> CrossEntropy.binaryCrossEntropy(x, scope.zeros(Shape.of(2))));
  }

  private static void assertMessage(String message, Runnable call) {
    var e = assertThrows(IllegalArgumentException.class, call::run);
    assertEquals(message, e.getMessage());
  }

  @Test
  void refusesToLoseAGradient() {
    var x = scope.zeros(Shape.of(1, 2));
    var learned = scope.parameter(Shape.of(2), 1, 2);
    assertThrows(
        IllegalStateException.class,
        () -> CrossEntropy.crossEntropy(x, scope.ints(Shape.of(1), 0), learned));
    assertThrows(
        IllegalStateException.class,
        () -> CrossEntropy.binaryCrossEntropy(scope.zeros(Shape.of(2)), learned));
  }
}
