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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pooling against values worked out by hand, and against central differences. */
class PoolingTest {

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

  @ParameterizedTest
  @CsvSource({"3, 2, 1", "2, 2, 0", "1, 1, 0", "3, 1, 1", "2, 3, 1", "4, 1, 0"})
  void gradientsAreThoseOfCentralDifferences(int kernel, int stride, int padding) {
    var shape = Shape.of(2, 2, 7, 5);
    GradientCheck.check(x -> Pooling.maxPool2d(x[0], kernel, stride, padding), shape);
    GradientCheck.check(x -> Pooling.averagePool2d(x[0], kernel, stride, padding, true), shape);
    GradientCheck.check(x -> Pooling.averagePool2d(x[0], kernel, stride, padding, false), shape);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "3, 2", "7, 5", "9, 8"})
  void gradientsOfAdaptivePoolingAreThoseOfCentralDifferences(int height, int width) {
    GradientCheck.check(
        x -> Pooling.adaptiveAveragePool2d(x[0], height, width), Shape.of(2, 2, 7, 5));
  }

  @Test
  void gradientOfGlobalPoolingIsThatOfCentralDifferences() {
    GradientCheck.check(x -> Pooling.globalAveragePool(x[0]), Shape.of(2, 3, 3, 4));
  }

  @Test
  void takesTheLargestAndIgnoresPadding() {
    var x = scope.of(Shape.of(1, 3, 3), -9, -8, -7, -6, -5, -4, -3, -2, -1);
    var y = Pooling.maxPool2d(x, 2, 2, 1);
    assertEquals(Shape.of(1, 2, 2), y.shape());
    assertArrayEquals(new float[] {-9, -7, -3, -1}, y.toFloats());
  }

  @Test
  void tiesSendTheGradientToTheFirst() {
    var x = scope.parameter(Shape.of(1, 2, 4), 5, 5, 1, 2, 5, 0, 2, 2);
    var y = Pooling.maxPool2d(x, 2, 2, 0);
    var weights = scope.of(y.shape(), 10, 20);
    var dx = Tape.gradients(Reduction.sum(Arithmetic.mul(y, weights))).of(x);
    assertArrayEquals(new float[] {10, 0, 0, 20, 0, 0, 0, 0}, dx.toFloats());
  }

  @Test
  void overlappingWindowsAddTheirGradients() {
    var x = scope.parameter(Shape.of(1, 1, 3), 1, 7, 2);
    var y = Pooling.maxPool2d(Layout.reshape(x, 1, 3), 1, 1, 0);
    var z = Pooling.maxPool2d(Layout.concat(0, y, y), 2, 1, 0);
    assertArrayEquals(new float[] {7, 7}, z.toFloats());
    assertArrayEquals(new float[] {0, 2, 0}, Tape.gradients(Reduction.sum(z)).of(x).toFloats());
  }

  @Test
  void keepsWhatIsNotANumber() {
    var x = scope.of(Shape.of(1, 4), 1, Float.NaN, 3, 2);
    var rows = Layout.concat(0, x, x);
    assertArrayEquals(new float[] {Float.NaN, 3}, Pooling.maxPool2d(rows, 2, 2, 0).toFloats());
  }

  @Test
  void padsTheMeanOnlyIfToldTo() {
    var x = scope.of(Shape.of(1, 2, 2), 4, 8, 12, 16);
    assertArrayEquals(new float[] {1, 2, 3, 4}, Pooling.averagePool2d(x, 2, 2, 1, true).toFloats());
    assertArrayEquals(
        new float[] {4, 8, 12, 16}, Pooling.averagePool2d(x, 2, 2, 1, false).toFloats());
  }

  @Test
  void dividesThePlaneUnevenly() {
    var x = scope.of(Shape.of(1, 5), 1, 2, 4, 8, 16);
    // Of 5 columns, 3 cells cover 0..1, 1..3 and 3..4, as in torch.
    assertArrayEquals(
        new float[] {1.5f, 14 / 3f, 12}, Pooling.adaptiveAveragePool2d(x, 1, 3).toFloats());
    assertArrayEquals(
        new float[] {1, 1.5f, 2, 3, 4, 6, 8, 12, 16},
        Pooling.adaptiveAveragePool2d(x, 1, 9).toFloats());
  }

  @Test
  void averagesWholePlanes() {
    var x = scope.of(Shape.of(1, 2, 1, 2), 1, 2, 3, 6);
    var y = Pooling.globalAveragePool(x);
    assertEquals(Shape.of(1, 2), y.shape());
    assertArrayEquals(new float[] {1.5f, 4.5f}, y.toFloats());
  }

  @Test
  void keepsNothingForABackwardPassAtInference() {
    try (var inner = Scope.open(backend, Mode.INFER)) {
      var x = inner.zeros(Shape.of(1, 4, 4));
      long before = backend.memory().liveBuffers();
      Pooling.maxPool2d(x, 3, 2, 1);
      assertEquals(before + 1, backend.memory().liveBuffers());
    }
  }

  @Test
  void namesBothValuesWhenTheyDoNotFit() {
    var x = scope.zeros(Shape.of(1, 2, 3));
    assertMessage(
        "maxPool2d: padding out of range, 2 vs 0 to half of the kernel 3",
        () -> Pooling.maxPool2d(x, 3, 1, 2));
    assertMessage(
        "averagePool2d: the kernel is larger than the padded image, 3 vs [1, 2, 3] padded by 0",
        () -> Pooling.averagePool2d(x, 3, 1, 0, true));
    assertMessage(
        "maxPool2d: kernel and stride, 2 and 0 vs 1 or more", () -> Pooling.maxPool2d(x, 2, 0, 0));
    assertMessage(
        "adaptiveAveragePool2d: output size, 0×1 vs 1×1 or more",
        () -> Pooling.adaptiveAveragePool2d(x, 0, 1));
    assertMessage(
        "globalAveragePool: input must have 4 axes, [1, 2, 3] vs 4",
        () -> Pooling.globalAveragePool(x));
  }

  private static void assertMessage(String message, Runnable call) {
    var e = assertThrows(IllegalArgumentException.class, call::run);
    assertEquals(message, e.getMessage());
  }
}
