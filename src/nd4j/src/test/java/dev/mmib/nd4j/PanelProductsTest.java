package dev.mmib.nd4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.sizing.SizingBackend;
import dev.mmib.op.MatMul;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Linear layers of inference, with weights in panels and as they lie. */
class PanelProductsTest {

  /** Rows, outputs, inputs on both sides of every border of blocks, panels and pieces. */
  private static final int[][] SIZES = {
    {1, 1, 1},
    {1, 64, 768},
    {3, 65, 769},
    {20, 63, 768},
    {21, 130, 1540},
    {255, 13, 40},
    {257, 70, 100},
    {600, 200, 33},
    {32, 768, 768},
    {2, 5, 20_000}
  };

  private static float[] random(int length) {
    var random = new Random(length);
    var values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  private static Buffer buffer(Backend backend, float[] values) {
    Buffer buffer = backend.allocate(DType.F32, values.length);
    backend.upload(values, 0, buffer, 0, values.length);
    return buffer;
  }

  private static float[] values(Backend backend, Buffer buffer) {
    var values = new float[buffer.length()];
    backend.download(buffer, 0, values, 0, values.length);
    return values;
  }

  /** The layer twice, the second time with weights that lie as the first left them. */
  private static float[] linear(
      int threads, boolean small, int[] size, boolean biased, @Nullable Unary f) {
    int rows = size[0];
    int out = size[1];
    int in = size[2];
    try (Backend nd4j = Nd4jBackendTest.open(threads, small);
        Buffer x = buffer(nd4j, random(rows * in));
        Buffer w = buffer(nd4j, random(out * in));
        Buffer bias = buffer(nd4j, random(out));
        Buffer y = nd4j.allocate(DType.F32, rows * out)) {
      nd4j.matmul().linear(rows, out, in, x, w, biased ? bias : null, f, y);
      float[] first = values(nd4j, y);
      nd4j.elementwise().fill(y, Double.NaN);
      nd4j.matmul().linear(rows, out, in, x, w, biased ? bias : null, f, y);
      assertArrayEquals(first, values(nd4j, y), "again");
      assertArrayEquals(random(out * in), values(nd4j, w), "the weights");
      return first;
    }
  }

  private static double gelu(double x) {
    double cubic = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
    return 0.5 * x * (1 + Math.tanh(cubic));
  }

  @Test
  void agreesWithSumsInDouble() {
    for (int[] size : SIZES) {
      int rows = size[0];
      int out = size[1];
      int in = size[2];
      float[] x = random(rows * in);
      float[] w = random(out * in);
      float[] bias = random(out);
      for (boolean small : new boolean[] {true, false}) {
        float[] plain = linear(2, small, size, false, null);
        float[] biased = linear(2, small, size, true, null);
        float[] activated = linear(2, small, size, true, Unary.GELU_TANH);
        var where = new Random(7);
        for (int check = 0; check < 1000; check++) {
          int row = where.nextInt(rows);
          int col = where.nextInt(out);
          double sum = 0;
          for (int i = 0; i < in; i++) {
            sum += (double) x[row * in + i] * w[col * in + i];
          }
          int at = row * out + col;
          String what = rows + " rows, " + in + " to " + out + ", small " + small + ", at " + at;
          double tolerance = 2e-6 * Math.sqrt(in);
          assertEquals(sum, plain[at], tolerance, what);
          assertEquals(sum + bias[col], biased[at], tolerance, what);
          assertEquals(gelu(sum + bias[col]), activated[at], 2 * tolerance + 1e-6, what);
        }
      }
    }
  }

  @Test
  void doesNotDependOnThreads() {
    for (int[] size : SIZES) {
      for (boolean small : new boolean[] {true, false}) {
        float[] first = linear(1, small, size, true, Unary.GELU);
        assertArrayEquals(first, linear(2, small, size, true, Unary.GELU));
        assertArrayEquals(first, linear(5, small, size, true, Unary.GELU));
      }
    }
  }

  @Test
  void refusesWeightsThatAreAlsoTheRows() {
    try (Backend nd4j = Nd4jBackendTest.open(1, true);
        Buffer w = buffer(nd4j, random(64));
        Buffer y = nd4j.allocate(DType.F32, 64)) {
      assertThrows(
          IllegalArgumentException.class, () -> nd4j.matmul().linear(8, 8, 8, w, w, null, null, y));
    }
  }

  @Test
  void weightsThatServeAsOtherExtentsAreLaidOutAnew() {
    float[] w = random(24 * 10);
    float[] x = random(2 * 24);
    try (Backend nd4j = Nd4jBackendTest.open(1, true);
        Buffer ws = buffer(nd4j, w);
        Buffer xs = buffer(nd4j, x);
        Buffer y = nd4j.allocate(DType.F32, 48)) {
      nd4j.matmul().linear(2, 24, 10, xs, ws, null, null, y);
      nd4j.matmul().linear(2, 10, 24, xs, ws, null, null, y);
      double sum = 0;
      for (int i = 0; i < 24; i++) {
        sum += (double) x[24 + i] * w[3 * 24 + i];
      }
      assertEquals(sum, values(nd4j, y)[10 + 3], 1e-5);
    }
  }

  @Test
  void sizesCountNoSumsWhereTheActivationIsFused() {
    int rows = 5;
    int out = 31;
    int in = 17;
    try (Backend nd4j = Nd4jBackendTest.open(1, true);
        var sizes = new SizingBackend(nd4j);
        var scope = Scope.open(sizes, Mode.INFER)) {
      var x = scope.of(Shape.of(rows, in), random(rows * in));
      var w = scope.of(Shape.of(out, in), random(out * in));
      MatMul.activated(Unary.GELU, x, w, null);
      assertEquals(4 * (rows * in + out * in + rows * out), sizes.memory().peakBytes());
    }
  }
}
