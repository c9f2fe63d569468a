package dev.mmib.backend;

import dev.mmib.backend.kernel.MatMulKernels.Product;
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
