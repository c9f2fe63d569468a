package dev.mmib.backend;

import dev.mmib.backend.kernel.ElementwiseKernels.Binary;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pointwise kernels against the reference. */
public interface ElementwiseContract extends KernelContract {

  @ParameterizedTest
  @EnumSource
  default void computesFunctionsOfOneNumber(Unary f) {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        var x = positiveOnly(f) ? bench.uniform(n, 0.01, 9) : bench.uniform(n, -6, 6);
        var y = bench.floats(n);
        var dy = bench.uniform(n);
        var dx = bench.floats(n);
        bench.each(d -> d.elementwise().unary(f, x.on(d), y.on(d)));
        bench.assertClose(y, f + " of " + n);
        bench.each(d -> d.elementwise().unaryGrad(f, x.on(d), y.on(d), dy.on(d), dx.on(d)));
        bench.assertClose(dx, f + "′ of " + n);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  default void survivesLargeInputs(Unary f) {
    try (var bench = bench()) {
      var x =
          positiveOnly(f)
              ? bench.floats(1e-30f, 1e-10f, 0.5f, 1e10f, 1e30f)
              : bench.floats(-100, -87, -30, -10, -5, -1e-6f, 1e-6f, 0.5f, 5, 10, 30, 80);
      int n = x.floats().length;
      var y = bench.floats(n);
      var dy = bench.floats(ones(n));
      var dx = bench.floats(n);
      bench.each(d -> d.elementwise().unary(f, x.on(d), y.on(d)));
      bench.each(d -> d.elementwise().unaryGrad(f, x.on(d), y.on(d), dy.on(d), dx.on(d)));
      bench.assertClose(y, 2e-5, 1e-7, f + " of extremes");
      bench.assertClose(dx, 2e-5, 1e-7, f + "′ of extremes");
    }
  }

  private static float[] ones(int n) {
    var ones = new float[n];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static boolean positiveOnly(Unary f) {
    return f == Unary.LOG || f == Unary.SQRT;
  }

  @ParameterizedTest
  @EnumSource
  default void computesFunctionsOfTwoNumbers(Binary f) {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        var a = bench.uniform(n);
        var b = bench.uniform(n, 0.5, 2);
        var y = bench.floats(n);
        bench.each(d -> d.elementwise().binary(f, a.on(d), b.on(d), y.on(d)));
        bench.assertClose(y, f + " of " + n);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  default void broadcastsWhereStridesAreZero(Binary f) {
    for (int n : Bench.SIZES) {
      broadcast(f, new int[] {n, 3}, new int[] {3, 1}, new int[] {0, 1});
      broadcast(f, new int[] {3, n}, new int[] {n, 1}, new int[] {1, 0});
      broadcast(f, new int[] {3, n}, new int[] {0, 1}, new int[] {1, 0});
      broadcast(f, new int[] {2, n, 3}, new int[] {0, 3, 1}, new int[] {3, 0, 1});
      broadcast(f, new int[] {2, 3, n}, new int[] {3, 1, 0}, new int[] {0, 0, 1});
      broadcast(f, new int[] {n}, new int[] {1}, new int[] {0});
      broadcast(f, new int[] {1, n, 1}, new int[] {n, 1, 1}, new int[] {0, 1, 0});
    }
    broadcast(f, new int[] {}, new int[] {}, new int[] {});
    broadcast(f, new int[] {2, 3, 4, 5}, new int[] {0, 5, 0, 1}, new int[] {12, 4, 1, 0});
    broadcast(f, new int[] {5, 7}, new int[] {1, 5}, new int[] {7, 1}); // a is transposed
  }

  private void broadcast(Binary f, int[] dims, int[] aStrides, int[] bStrides) {
    try (var bench = bench()) {
      var a = bench.uniform(extent(dims, aStrides));
      var b = bench.uniform(extent(dims, bStrides), 0.5, 2);
      var y = bench.floats(Arrays.stream(dims).reduce(1, (m, n) -> m * n));
      bench.each(
          d ->
              d.elementwise()
                  .binaryBroadcast(f, a.on(d), aStrides, b.on(d), bStrides, y.on(d), dims));
      bench.assertClose(y, f + " over " + Arrays.toString(dims));
    }
  }

  private static int extent(int[] dims, int[] strides) {
    int last = 0;
    for (int axis = 0; axis < dims.length; axis++) {
      last += (dims[axis] - 1) * strides[axis];
    }
    return last + 1;
  }

  @Test
  default void scalesShiftsAccumulatesAndFills() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        var x = bench.uniform(n);
        var y = bench.floats(n);
        bench.each(d -> d.elementwise().affine(x.on(d), -2.5, 0.75, y.on(d)));
        bench.assertClose(y, "affine of " + n);
        bench.each(d -> d.elementwise().affine(y.on(d), 3, -1, y.on(d)));
        bench.assertClose(y, "affine in place of " + n);
        bench.each(d -> d.elementwise().accumulate(x.on(d), y.on(d)));
        bench.assertClose(y, "accumulate of " + n);
        bench.each(d -> d.elementwise().fill(y.on(d), 0.1));
        bench.assertClose(y, "fill of " + n);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  default void computesFunctionsOfABiasedNumber(Unary f) {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        biased(bench, f, 3, n);
        biased(bench, f, n, 3);
        biased(bench, f, 5, 4 * n);
      }
      biased(bench, f, 127, 1025);
    }
  }

  private static void biased(Bench bench, Unary f, int rows, int cols) {
    var what = f + " of " + rows + " biased rows of " + cols;
    double low = positiveOnly(f) ? 0.01 : -3;
    var x = bench.uniform(rows * cols, low, 4);
    var bias = bench.uniform(cols, low, 4);
    var y = bench.floats(rows * cols);
    bench.each(d -> d.elementwise().biasUnary(f, x.on(d), bias.on(d), y.on(d), rows, cols));
    // The sum is rounded before the function, whose slope multiplies that.
    bench.assertClose(y, 1e-5, 5e-6, what);
    var dy = bench.uniform(rows * cols);
    var dx = bench.floats(rows * cols);
    var dbias = bench.floats(cols);
    bench.each(
        d ->
            d.elementwise()
                .biasUnaryGrad(
                    f, x.on(d), bias.on(d), dy.on(d), dx.on(d), dbias.on(d), rows, cols));
    bench.assertClose(dx, 1e-5, 5e-6, "derivative of " + what);
    bench.assertClose(dbias, 1e-5, 1e-5, "dbias of " + what);
  }
}
