package dev.mmib.backend;

import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Matrix products against the reference. */
public interface MatMulContract extends KernelContract {

  @Test
  default void multipliesMatricesOfAnyExtents() {
    for (boolean transposeA : new boolean[] {false, true}) {
      for (boolean transposeB : new boolean[] {false, true}) {
        for (int n : Bench.SIZES) {
          multiply(Product.of(n, 5, 3, transposeA, transposeB));
          multiply(Product.of(5, n, 3, transposeA, transposeB));
          multiply(Product.of(3, 5, n, transposeA, transposeB));
        }
        multiply(Product.of(65, 257, 67, transposeA, transposeB));
        multiply(Product.of(127, 33, 129, transposeA, transposeB));
      }
    }
  }

  @Test
  default void multipliesBatchesOfMatrices() {
    for (boolean transposeA : new boolean[] {false, true}) {
      for (boolean transposeB : new boolean[] {false, true}) {
        for (int n : new int[] {1, 3, 31, 33}) {
          multiply(new Product(4, n, 5, 7, transposeA, transposeB, 7 * n, 35));
          multiply(new Product(4, n, 5, 7, transposeA, transposeB, 0, 35));
          multiply(new Product(4, 3, n, 7, transposeA, transposeB, 21, 0));
          multiply(new Product(n, 2, 3, 4, transposeA, transposeB, 8, 12));
        }
      }
    }
  }

  @Test
  default void appliesLinearLayersAgainAndAgain() {
    for (int n : new int[] {1, 3, 33, 129, 385}) {
      applyLayer(n, 5, 7);
      applyLayer(5, n, 7);
      applyLayer(5, 7, n);
    }
    applyLayer(0, 3, 4);
    applyLayer(2, 0, 4);
    applyLayer(2, 3, 0);
    applyLayer(70, 800, 130);
    applyLayer(600, 390, 65);
  }

  private void applyLayer(int rows, int out, int in) {
    try (var bench = bench()) {
      var x = bench.uniform(rows * in);
      var w = bench.uniform(out * in);
      var bias = bench.uniform(out);
      var y = bench.floats(rows * out);
      String what = rows + " rows, " + in + " to " + out;
      bench.each(
          d -> d.matmul().linear(rows, out, in, x.on(d), w.on(d), bias.on(d), null, y.on(d)));
      bench.assertClose(y, 1e-5, 1e-5, what);
      bench.each(d -> d.matmul().linear(rows, out, in, x.on(d), w.on(d), null, null, y.on(d)));
      bench.assertClose(y, 1e-5, 1e-5, what + ", without bias");
      for (var f : List.of(Unary.GELU, Unary.GELU_TANH, Unary.TANH)) {
        bench.each(d -> applyActivated(f, rows, out, in, x, w, bias, y, d));
        bench.assertClose(y, 1e-5, 1e-5, what + ", then " + f);
      }
      // Whatever a device has made of the weights, others find and change the weights.
      bench.each(d -> d.elementwise().affine(w.on(d), 0.5, 0.25, w.on(d)));
      bench.each(
          d -> d.matmul().linear(rows, out, in, x.on(d), w.on(d), bias.on(d), null, y.on(d)));
      bench.assertClose(y, 1e-5, 1e-5, what + ", of other weights");
      bench.assertClose(w, "weights after " + what);
      var backwards = Product.of(rows, in, out, false, false);
      bench.each(
          d -> d.matmul().linear(rows, out, in, x.on(d), w.on(d), bias.on(d), null, y.on(d)));
      bench.each(d -> d.matmul().matmul(backwards, y.on(d), w.on(d), null, x.on(d)));
      bench.assertClose(x, 1e-5, 1e-5, what + ", and back");
    }
  }

  private static void applyActivated(
      Unary f,
      int rows,
      int out,
      int in,
      Bench.Twin x,
      Bench.Twin w,
      Bench.Twin bias,
      Bench.Twin y,
      Backend d) {
    if (d.matmul().fuses(f)) {
      d.matmul().linear(rows, out, in, x.on(d), w.on(d), bias.on(d), f, y.on(d));
    } else {
      d.matmul().linear(rows, out, in, x.on(d), w.on(d), null, null, y.on(d));
      d.elementwise().biasUnary(f, y.on(d), bias.on(d), y.on(d), rows, out);
    }
  }

  private void multiply(Product p) {
    try (var bench = bench()) {
      var a = bench.uniform(p.aStride() == 0 ? p.m() * p.k() : p.batch() * p.aStride());
      var b = bench.uniform(p.bStride() == 0 ? p.k() * p.n() : p.batch() * p.bStride());
      var bias = bench.uniform(p.n());
      var c = bench.floats(p.batch() * p.m() * p.n());
      bench.each(d -> d.matmul().matmul(p, a.on(d), b.on(d), null, c.on(d)));
      bench.assertClose(c, 1e-5, 1e-5, p.toString());
      bench.each(d -> d.matmul().matmul(p, a.on(d), b.on(d), bias.on(d), c.on(d)));
      bench.assertClose(c, 1e-5, 1e-5, p + " with bias");
    }
  }
}
