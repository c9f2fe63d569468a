package dev.mmib.op;

import dev.mmib.tensor.Shape;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Products of matrices against sums written out as loops. */
class MatMulTest extends OpsFixture {

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
}
