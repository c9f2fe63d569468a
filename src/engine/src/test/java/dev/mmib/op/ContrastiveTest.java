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

/** Contrastive losses against their definitions, and against central differences. */
class ContrastiveTest {

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
    var shape = Shape.of(4, 3);
    // Away from rows of length 0, where the direction of a row is not smooth.
    var near = GradientCheck.between(0.3, 1);
    near.gradients(x -> Contrastive.normalizeRows(x[0]), shape);
    near.gradients(x -> Contrastive.infoNce(x[0], x[1], 0.5), shape, shape);
    near.gradients(x -> Contrastive.infoNce(x[0], x[1], x[2]), shape, shape, Shape.of());
    near.gradients(x -> Contrastive.infoNce(x[0], x[1], x[2]), shape, shape, Shape.of(1));
    GradientCheck.check(x -> Contrastive.discriminatorLoss(x[0], x[1]), shape, shape);
    GradientCheck.check(
        x -> Contrastive.discriminatorLoss(x[0], x[1], x[2]), shape, shape, Shape.of(2));
  }

  @Test
  void dividesRowsByTheirLength() {
    var x = scope.of(Shape.of(3, 2), 3, 4, 0, 0, -3e-3f, 4e-3f);
    assertArrayEquals(
        new float[] {0.6f, 0.8f, 0, 0, -0.6f, 0.8f},
        Contrastive.normalizeRows(x).toFloats(),
        1e-6f);
  }

  @Test
  void infoNceAveragesBothDirections() {
    float[][] a = {{1, 0}, {0, 2}, {-1, 1}};
    float[][] b = {{2, 1}, {1, 3}, {0, 5}};
    double tau = 0.3;
    var scores = new double[3][3];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        double dot = a[i][0] * b[j][0] + a[i][1] * b[j][1];
        scores[i][j] = dot / (Math.hypot(a[i][0], a[i][1]) * Math.hypot(b[j][0], b[j][1]) * tau);
      }
    }
    double expected = 0;
    for (int i = 0; i < 3; i++) {
      double row = 0;
      double col = 0;
      for (int j = 0; j < 3; j++) {
        row += Math.exp(scores[i][j]);
        col += Math.exp(scores[j][i]);
      }
      expected += (Math.log(row) + Math.log(col) - 2 * scores[i][i]) / 6;
    }
    var as = scope.of(Shape.of(3, 2), 1, 0, 0, 2, -1, 1);
    var bs = scope.of(Shape.of(3, 2), 2, 1, 1, 3, 0, 5);
    assertEquals(expected, Contrastive.infoNce(as, bs, tau).item(), 1e-6);
    var inverse = scope.of(Shape.of(), (float) (1 / tau));
    assertEquals(expected, Contrastive.infoNce(as, bs, inverse).item(), 1e-6);
    assertEquals(Shape.of(), Contrastive.infoNce(as, bs, tau).shape());
  }

  @Test
  void discriminatorLossIsTheCrossEntropyOfItsSigmoids() {
    var positive = scope.of(Shape.of(2), 2, -1);
    var first = scope.of(Shape.of(2), 0.5f, -3);
    var second = scope.of(Shape.of(1), 1);
    double expected =
        -(Math.log(sigmoid(2)) + Math.log(sigmoid(-1))) / 2
            - (Math.log(1 - sigmoid(0.5)) + Math.log(1 - sigmoid(-3))) / 2
            - Math.log(1 - sigmoid(1));
    assertEquals(expected, Contrastive.discriminatorLoss(positive, first, second).item(), 1e-6);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  @Test
  void survivesLargeLogits() {
    var positive = scope.parameter(Shape.of(2), -1e5f, 1e5f);
    var negative = scope.parameter(Shape.of(2), 1e5f, -1e5f);
    var loss = Contrastive.discriminatorLoss(positive, negative);
    assertEquals(1e5f, loss.item());
    var gradients = Tape.gradients(loss);
    assertArrayEquals(new float[] {-0.5f, 0}, gradients.of(positive).toFloats());
    assertArrayEquals(new float[] {0.5f, 0}, gradients.of(negative).toFloats());
  }

  @Test
  void namesBothValuesWhenTheyDoNotFit() {
    var a = scope.zeros(Shape.of(2, 3));
    var b = scope.zeros(Shape.of(3, 3));
    assertMessage(
        "infoNce: b has another shape, [3, 3] vs [2, 3]", () -> Contrastive.infoNce(a, b, 1));
    assertMessage("infoNce: temperature, 0.0 vs above 0", () -> Contrastive.infoNce(a, a, 0));
    assertMessage(
        "infoNce: inverse temperature, Tensor[3, 3] vs one float",
        () -> Contrastive.infoNce(a, a, b));
    assertMessage(
        "discriminatorLoss: sets of false pairs, 0 vs 1 or more",
        () -> Contrastive.discriminatorLoss(a));
  }

  private static void assertMessage(String message, Runnable call) {
    var e = assertThrows(IllegalArgumentException.class, call::run);
    assertEquals(message, e.getMessage());
  }
}
