package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.DType;
import dev.mmib.backend.ReferenceBackend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.kernel.ElementwiseKernels.Binary;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The values of the basic operators against their formulas, written out as loops. */
class OpsTest {

  private final ReferenceBackend backend = new ReferenceBackend();
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open(backend, Mode.INFER);
  }

  @AfterEach
  void close() {
    scope.close();
    assertEquals(0, backend.memory().liveBuffers());
    backend.close();
  }

  /** A tensor whose element i is a wild but repeatable number. */
  private Tensor wild(int... dims) {
    var shape = Shape.of(dims);
    var t = scope.allocate(shape);
    backend.set(
        t.buffer(), IntStream.range(0, shape.size()).mapToDouble(OpsTest::wildly).toArray());
    return t;
  }

  private static double wildly(int i) {
    return Math.sin(12.9898 * (i + 1)) * 1.7;
  }

  private void assertElements(Tensor y, Shape shape, IntToDoubleFunction expected) {
    assertEquals(shape, y.shape());
    var want = IntStream.range(0, shape.size()).mapToDouble(expected).toArray();
    assertArrayEquals(want, backend.values(y.buffer()), 1e-12);
  }

  private static void assertMessage(String part1, String part2, Executable call) {
    var message = assertThrows(IllegalArgumentException.class, call).toString();
    assertTrue(message.contains(part1) && message.contains(part2), message);
  }

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
  void matmulIsTheSumOfProducts() {
    int[][] extents = {{1, 1, 1}, {3, 5, 2}, {65, 130, 259}, {2, 64, 256}, {130, 5, 300}};
    for (var e : extents) {
      int m = e[0];
      int k = e[1];
      int n = e[2];
      var expected = product(m, k, n, 0, 0);
      assertElements(MatMul.matmul(wild(m, k), wild(k, n)), Shape.of(m, n), i -> expected[i]);
      var turned = Layout.transpose(wild(m, k));
      assertElements(
          MatMul.matmul(turned, true, wild(k, n), false), Shape.of(m, n), i -> expected[i]);
      assertElements(
          MatMul.matmul(wild(m, k), false, Layout.transpose(wild(k, n)), true),
          Shape.of(m, n),
          i -> expected[i]);
      assertElements(
          MatMul.matmul(turned, true, Layout.transpose(wild(k, n)), true),
          Shape.of(m, n),
          i -> expected[i]);
    }
  }

  /** Wild matrices [m, k] and [k, n] that start at these elements, multiplied by the book. */
  private static double[] product(int m, int k, int n, int a, int b) {
    var c = new double[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        for (int p = 0; p < k; p++) {
          c[i * n + j] += wildly(a + i * k + p) * wildly(b + p * n + j);
        }
      }
    }
    return c;
  }

  @Test
  void matmulOfABatchMultipliesMatrixByMatrix() {
    var shape = Shape.of(3, 2, 5);
    IntToDoubleFunction both = i -> product(2, 4, 5, i / 10 * 8, i / 10 * 20)[i % 10];
    assertElements(MatMul.matmul(wild(3, 2, 4), wild(3, 4, 5)), shape, both);
    IntToDoubleFunction left = i -> product(2, 4, 5, i / 10 * 8, 0)[i % 10];
    assertElements(MatMul.matmul(wild(3, 2, 4), wild(4, 5)), shape, left);
    IntToDoubleFunction right = i -> product(2, 4, 5, 0, i / 10 * 20)[i % 10];
    assertElements(MatMul.matmul(wild(2, 4), wild(3, 4, 5)), shape, right);
    assertElements(
        MatMul.matmul(Layout.transpose(wild(3, 2, 4)), true, wild(4, 5), false), shape, left);
  }

  @Test
  void matmulNamesBothShapesWhenTheyDoNotFit() {
    assertMessage("[3, 4]", "[5, 6]ᵀ", () -> MatMul.matmul(wild(3, 4), false, wild(5, 6), true));
    assertMessage("[2, 3, 4]", "[5, 4, 6]", () -> MatMul.matmul(wild(2, 3, 4), wild(5, 4, 6)));
    assertMessage("[2, 3, 4]", "[1, 4, 6]", () -> MatMul.matmul(wild(2, 3, 4), wild(1, 4, 6)));
    assertMessage("[4]", "[4, 6]", () -> MatMul.matmul(wild(4), wild(4, 6)));
    assertMessage("[2, 3]", "[5, 4]", () -> MatMul.linear(wild(2, 3), wild(5, 4), null));
    assertMessage("[4]", "[5, 3]", () -> MatMul.linear(wild(2, 3), wild(5, 3), wild(4)));
  }

  @Test
  void linearIsXTimesWTransposedPlusBias() {
    var y = MatMul.linear(wild(2, 3, 4), wild(5, 4), wild(5));
    assertElements(
        y,
        Shape.of(2, 3, 5),
        i -> {
          double sum = wildly(i % 5);
          for (int p = 0; p < 4; p++) {
            sum += wildly(i / 5 * 4 + p) * wildly(i % 5 * 4 + p);
          }
          return sum;
        });
  }

  @Test
  void linearFillsEveryBlockOfItsOutput() {
    assertElements(
        MatMul.linear(wild(70, 2), wild(300, 2), wild(300)),
        Shape.of(70, 300),
        i -> {
          double sum = wildly(i % 300);
          for (int p = 0; p < 2; p++) {
            sum += wildly(i / 300 * 2 + p) * wildly(i % 300 * 2 + p);
          }
          return sum;
        });
  }

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
          var row = IntStream.range(i / n * n, i / n * n + n).mapToDouble(OpsTest::wildly);
          return standardized(row.toArray(), wildly(i), 0.1) * wildly(i % n) + wildly(i % n);
        });
    assertMessage(
        "[4]", "[3, 5]", () -> Normalization.layerNorm(wild(3, n), wild(4), wild(n), 0.1));
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
          var values = channel.mapToDouble(OpsTest::wildly).toArray();
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

  @Test
  void rowsAreTakenByNumber() {
    var ids = scope.ints(Shape.of(2, 2), 3, 0, 1, 3);
    var rows = new int[] {3, 0, 1, 3};
    assertElements(
        Lookup.embedding(wild(4, 5), ids), Shape.of(2, 2, 5), i -> wildly(rows[i / 5] * 5 + i % 5));
    var gaps = scope.ints(Shape.of(2), -1, 2);
    assertElements(
        Lookup.gatherRows(wild(4, 5), gaps), Shape.of(2, 5), i -> i < 5 ? 0 : wildly(5 + i));
  }

  @Test
  void idsOutsideTheTableAreRefused() {
    var high = scope.ints(Shape.of(2), 0, 4);
    assertMessage("4", "[4, 5]", () -> Lookup.embedding(wild(4, 5), high));
    assertMessage("4", "[4, 5]", () -> Lookup.gatherRows(wild(4, 5), high));
    var low = scope.ints(Shape.of(2), 0, -1);
    assertMessage("-1", "[4, 5]", () -> Lookup.embedding(wild(4, 5), low));
    var lower = scope.ints(Shape.of(2), 0, -2);
    assertMessage("-2", "[4, 5]", () -> Lookup.gatherRows(wild(4, 5), lower));
    assertMessage("ints", "[2]", () -> Lookup.embedding(wild(4, 5), wild(2)));
  }

  @Test
  void sumsAndMeansFollowTheirAxes() {
    var x = wild(2, 3, 4);
    IntToDoubleFunction middle =
        i -> IntStream.range(0, 3).mapToDouble(j -> wildly(i / 4 * 12 + j * 4 + i % 4)).sum();
    assertElements(Reduction.sum(x, 1, false), Shape.of(2, 4), middle);
    assertElements(Reduction.sum(x, -2, true), Shape.of(2, 1, 4), middle);
    assertElements(Reduction.mean(x, 1, false), Shape.of(2, 4), i -> middle.applyAsDouble(i) / 3);
    double all = IntStream.range(0, 24).mapToDouble(OpsTest::wildly).sum();
    assertElements(Reduction.sum(x), Shape.of(), i -> all);
    assertElements(Reduction.mean(x), Shape.of(), i -> all / 24);
    assertElements(
        Reduction.sumTo(x, Shape.of(3, 1)),
        Shape.of(3, 1),
        i -> IntStream.range(0, 24).filter(j -> j / 4 % 3 == i).mapToDouble(OpsTest::wildly).sum());
    assertSame(x, Reduction.sumTo(x, x.shape()));
    assertMessage("[4, 3]", "[2, 3, 4]", () -> Reduction.sumTo(x, Shape.of(4, 3)));
  }

  @Test
  void sumsOfManyElementsAreAccumulatedInDouble() {
    int n = 100_003;
    var x = scope.allocate(Shape.of(n));
    backend.set(x.buffer(), IntStream.range(0, n).mapToDouble(i -> i % 7).toArray());
    double expected = IntStream.range(0, n).mapToDouble(i -> i % 7).sum();
    assertElements(Reduction.sum(x), Shape.of(), i -> expected);
  }

  @Test
  void sumsOverRowsReachEveryColumn() {
    assertElements(
        Reduction.sum(wild(2, 3, 700), 1, false),
        Shape.of(2, 700),
        i ->
            IntStream.range(0, 3)
                .mapToDouble(j -> wildly((i / 700 * 3 + j) * 700 + i % 700))
                .sum());
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
  void layoutsMoveNumbersWhereTheySay() {
    var x = wild(2, 3, 4);
    assertElements(Layout.reshape(x, 4, -1), Shape.of(4, 6), OpsTest::wildly);
    assertElements(
        Layout.permute(x, 2, 0, -2),
        Shape.of(4, 2, 3),
        i -> wildly(i / 3 % 2 * 12 + i % 3 * 4 + i / 6));
    assertElements(
        Layout.transpose(x), Shape.of(2, 4, 3), i -> wildly(i / 12 * 12 + i % 3 * 4 + i / 3 % 4));
    assertElements(
        Layout.slice(x, 1, 1, 3), Shape.of(2, 2, 4), i -> wildly(i / 8 * 12 + 4 + i % 8));
    assertElements(
        Layout.roll(x, 1, 1),
        x.shape(),
        i -> wildly(i / 12 * 12 + Math.floorMod(i / 4 % 3 - 1, 3) * 4 + i % 4));
    assertElements(Layout.roll(x, -5, -1), x.shape(), i -> wildly(i / 4 * 4 + (i % 4 + 5) % 4));
    assertElements(
        Layout.concat(1, x, wild(2, 1, 4)),
        Shape.of(2, 4, 4),
        i -> wildly(i % 16 < 12 ? i / 16 * 12 + i % 16 : i / 16 * 4 + i % 4));
    assertElements(
        Layout.broadcastTo(wild(3, 1), Shape.of(2, 3, 4)), x.shape(), i -> wildly(i / 4 % 3));
  }

  @Test
  void layoutsMoveIntsToo() {
    var x = scope.ints(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
    assertArrayEquals(new int[] {1, 4, 2, 5, 3, 6}, Layout.transpose(x).toInts());
    assertArrayEquals(new int[] {2, 5}, Layout.slice(x, 1, 1, 2).toInts());
    assertArrayEquals(new int[] {4, 5, 6, 1, 2, 3}, Layout.roll(x, 1, 0).toInts());
    assertArrayEquals(
        new int[] {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}, Layout.concat(1, x, x).toInts());
  }

  @Test
  void layoutsNameTheShapesThatDoNotFit() {
    var x = wild(2, 3);
    assertMessage("[2, 3]", "[4, 2]", () -> Layout.reshape(x, 4, 2));
    assertMessage("[2, 3]", "[-1, 4]", () -> Layout.reshape(x, -1, 4));
    assertMessage("[2, 3]", "[-1, -1]", () -> Layout.reshape(x, -1, -1));
    assertMessage("[2, 4]", "[2, 3]", () -> Layout.concat(0, x, wild(2, 4)));
    assertMessage("[2]", "[2, 3]", () -> Layout.concat(0, x, wild(2)));
    assertMessage("[2, 5)", "[2, 3]", () -> Layout.slice(x, 1, 2, 5));
    assertMessage("[2, 2)", "[2, 3]", () -> Layout.slice(x, 1, 2, 2));
    assertMessage("[0, 0]", "[2, 3]", () -> Layout.permute(x, 0, 0));
    assertMessage("[0]", "[2, 3]", () -> Layout.permute(x, 0));
    assertMessage("[2, 3]", "[3, 2]", () -> Layout.broadcastTo(x, Shape.of(3, 2)));
    assertMessage("axis 2", "[2, 3]", () -> Layout.roll(x, 1, 2));
    assertMessage("[3]", "two axes", () -> Layout.transpose(wild(3)));
    assertThrows(IllegalArgumentException.class, () -> Layout.concat(0));
  }

  @Test
  void bilinearIsTheSumOverBothInputs() {
    var y = Bilinear.bilinear(wild(2, 3), wild(2, 4), wild(5, 3, 4), wild(5));
    assertElements(
        y,
        Shape.of(2, 5),
        at -> {
          int n = at / 5;
          int o = at % 5;
          double sum = wildly(o);
          for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 4; j++) {
              sum += wildly(n * 3 + i) * wildly((o * 3 + i) * 4 + j) * wildly(n * 4 + j);
            }
          }
          return sum;
        });
    assertMessage(
        "[2, 3]",
        "[5, 4, 4]",
        () -> Bilinear.bilinear(wild(2, 3), wild(2, 4), wild(5, 4, 4), null));
    assertMessage(
        "[3, 4]", "[N, j]", () -> Bilinear.bilinear(wild(2, 3), wild(3, 4), wild(5, 3, 4), null));
    assertMessage(
        "[4]", "[N, j]", () -> Bilinear.bilinear(wild(2, 3), wild(4), wild(5, 3, 4), null));
    assertMessage(
        "bias [4]",
        "[5, 3, 4]",
        () -> Bilinear.bilinear(wild(2, 3), wild(2, 4), wild(5, 3, 4), wild(4)));
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
