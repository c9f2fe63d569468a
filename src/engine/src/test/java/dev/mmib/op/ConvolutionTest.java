package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.op.Convolution.Options;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolution against its definition, and against central differences. */
class ConvolutionTest {

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

  static Stream<Arguments> cases() {
    return Stream.of(
        Arguments.of(Shape.of(2, 3, 5, 6), Shape.of(4, 3, 3, 3), Options.of(1, 1)),
        Arguments.of(Shape.of(2, 3, 5, 6), Shape.of(4, 3, 1, 1), Options.of(1, 0)),
        Arguments.of(Shape.of(2, 2, 5, 6), Shape.of(3, 2, 1, 1), Options.of(2, 0)),
        Arguments.of(Shape.of(1, 3, 9, 8), Shape.of(2, 3, 7, 7), Options.of(2, 3)),
        Arguments.of(Shape.of(2, 4, 6, 7), Shape.of(6, 2, 3, 2), new Options(2, 3, 2, 0, 1, 2, 2)),
        Arguments.of(Shape.of(2, 4, 5, 5), Shape.of(4, 1, 3, 3), Options.of(1, 1).withGroups(4)),
        Arguments.of(Shape.of(1, 2, 7, 8), Shape.of(2, 2, 3, 3), new Options(1, 1, 3, 2, 3, 2, 1)),
        Arguments.of(Shape.of(1, 2, 3, 2), Shape.of(2, 2, 5, 4), new Options(3, 2, 4, 5, 1, 1, 1)),
        Arguments.of(Shape.of(1, 1, 1, 1), Shape.of(1, 1, 3, 3), Options.of(1, 1)),
        Arguments.of(Shape.of(2, 1, 6, 6), Shape.of(1, 1, 2, 2), Options.of(5, 0)),
        // Wider than a tile, with a row left over; images that share a tile; many channels.
        Arguments.of(Shape.of(1, 1, 3, 300), Shape.of(2, 1, 3, 3), Options.of(1, 1)),
        Arguments.of(Shape.of(2, 2, 23, 24), Shape.of(2, 2, 3, 3), Options.of(1, 1)),
        Arguments.of(Shape.of(19, 2, 4, 4), Shape.of(3, 2, 3, 3), Options.of(1, 1)),
        Arguments.of(Shape.of(1, 70, 4, 3), Shape.of(67, 70, 2, 2), Options.of(1, 1)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientIsThatOfCentralDifferences(Shape x, Shape w, Options options) {
    GradientCheck.check(
        in -> Convolution.conv2d(in[0], in[1], in[2], options), x, w, Shape.of(w.dim(0)));
  }

  @Test
  void gradientWithoutBiasIsThatOfCentralDifferences() {
    GradientCheck.check(
        in -> Convolution.conv2d(in[0], in[1], null, Options.of(2, 1)),
        Shape.of(2, 3, 5, 4),
        Shape.of(2, 3, 3, 3));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isTheSumOfItsDefinition(Shape x, Shape w, Options o) {
    var xs = random(x.size(), 1);
    var ws = random(w.size(), 2);
    var bias = random(w.dim(0), 3);
    var y =
        Convolution.conv2d(scope.of(x, xs), scope.of(w, ws), scope.of(Shape.of(w.dim(0)), bias), o);
    var found = y.toFloats();
    int n = 0;
    for (int b = 0; b < x.dim(0); b++) {
      for (int out = 0; out < w.dim(0); out++) {
        for (int i = 0; i < y.shape().dim(2); i++) {
          for (int j = 0; j < y.shape().dim(3); j++) {
            double expected = bias[out] + pixel(x, xs, w, ws, o, b, out, i, j);
            assertEquals(expected, found[n++], 2e-5, "pixel " + b + " " + out + " " + i + " " + j);
          }
        }
      }
    }
    assertEquals(found.length, n);
  }

  private static double pixel(
      Shape x, float[] xs, Shape w, float[] ws, Options o, int b, int out, int i, int j) {
    int perGroup = w.dim(1);
    int first = out / (w.dim(0) / o.groups()) * perGroup;
    double sum = 0;
    for (int c = 0; c < perGroup; c++) {
      for (int p = 0; p < w.dim(2); p++) {
        for (int q = 0; q < w.dim(3); q++) {
          int row = i * o.strideHeight() - o.padHeight() + p * o.dilationHeight();
          int col = j * o.strideWidth() - o.padWidth() + q * o.dilationWidth();
          if (row >= 0 && row < x.dim(2) && col >= 0 && col < x.dim(3)) {
            double value = xs[((b * x.dim(1) + first + c) * x.dim(2) + row) * x.dim(3) + col];
            sum += value * ws[((out * perGroup + c) * w.dim(2) + p) * w.dim(3) + q];
          }
        }
      }
    }
    return sum;
  }

  private static float[] random(int n, int seed) {
    var random = new Random(seed);
    var values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Test
  void namesBothValuesWhenTheyDoNotFit() {
    assertMessage(
        "conv2d: channels of weight and input differ, [2, 4, 3, 3] vs [1, 3, 5, 5] in 1 groups",
        Shape.of(1, 3, 5, 5),
        Shape.of(2, 4, 3, 3),
        Options.of(1, 0));
    assertMessage(
        "conv2d: the kernel is larger than the padded image, 5×5 vs 4×6",
        Shape.of(1, 1, 2, 4),
        Shape.of(1, 1, 3, 3),
        new Options(1, 1, 1, 1, 2, 2, 1));
    assertMessage(
        "conv2d: groups do not divide the channels, 2 vs 3 in, 2 out",
        Shape.of(1, 3, 5, 5),
        Shape.of(2, 1, 3, 3),
        Options.of(1, 0).withGroups(2));
    assertMessage(
        "conv2d: input must have 4 axes, [3, 5, 5] vs 4",
        Shape.of(3, 5, 5),
        Shape.of(2, 3, 3, 3),
        Options.of(1, 0));
    var x = scope.zeros(Shape.of(1, 1, 3, 3));
    assertThrows(
        IllegalArgumentException.class, () -> Convolution.conv2d(x, x, null, Options.of(0, 0)));
    assertThrows(
        IllegalArgumentException.class, () -> Convolution.conv2d(x, x, null, Options.of(1, -1)));
    assertThrows(
        IllegalArgumentException.class,
        () -> Convolution.conv2d(x, x, scope.zeros(Shape.of(2)), Options.of(1, 0)));
  }

  private void assertMessage(String message, Shape x, Shape w, Options options) {
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Convolution.conv2d(scope.zeros(x), scope.zeros(w), null, options));
    assertEquals(message, e.getMessage());
  }
}
