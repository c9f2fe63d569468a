package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.assertNear;
import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import org.junit.jupiter.api.Test;

/** Matrix products. */
abstract class OneDnnProducts extends OneDnnFixture {

  OneDnnProducts(boolean sgemm) {
    super(sgemm);
  }

  @Test
  void multipliesMatricesInEveryOrientation() {
    int[][] sizes = {
      {1, 1, 1}, {3, 31, 33}, {32, 1, 127}, {127, 33, 1025}, {33, 127, 1025}, {1025, 3, 31}
    };
    for (int[] s : sizes) {
      for (int batch : new int[] {1, 3}) {
        for (int kind = 0; kind < 32; kind++) {
          boolean sharedA = (kind & 4) != 0;
          boolean sharedB = (kind & 8) != 0;
          var product =
              new Product(
                  batch,
                  s[0],
                  s[1],
                  s[2],
                  (kind & 1) != 0,
                  (kind & 2) != 0,
                  sharedA ? 0 : s[0] * s[2],
                  sharedB ? 0 : s[2] * s[1]);
          checkProduct(product, (kind & 16) != 0);
        }
      }
    }
  }

  private void checkProduct(Product p, boolean withBias) {
    float[] a = numbers.normal(p.m() * p.k() * (p.aStride() == 0 ? 1 : p.batch()));
    float[] b = numbers.normal(p.k() * p.n() * (p.bStride() == 0 ? 1 : p.batch()));
    float[] bias = numbers.normal(p.n());
    var wanted = new double[p.batch() * p.m() * p.n()];
    double terms = 0;
    for (int i = 0; i < p.batch(); i++) {
      for (int r = 0; r < p.m(); r++) {
        for (int c = 0; c < p.n(); c++) {
          double sum = withBias ? bias[c] : 0;
          double absolute = 0;
          for (int k = 0; k < p.k(); k++) {
            double term =
                (double) a[i * p.aStride() + (p.transposeA() ? k * p.m() + r : r * p.k() + k)]
                    * b[i * p.bStride() + (p.transposeB() ? c * p.k() + k : k * p.n() + c)];
            sum += term;
            absolute += Math.abs(term);
          }
          terms = Math.max(terms, absolute + Math.abs(sum));
          wanted[(i * p.m() + r) * p.n() + c] = sum;
        }
      }
    }
    try (Buffer ba = buffer(cpu, a);
        Buffer bb = buffer(cpu, b);
        Buffer bBias = buffer(cpu, bias);
        Buffer out = room(wanted.length)) {
      cpu.matmul().matmul(p, ba, bb, withBias ? bBias : null, out);
      assertNear(wanted, values(cpu, out), 10 * ROUNDING, terms, p.toString());
    }
  }

  @Test
  void repeatsItselfToTheBit() {
    Product product = Product.of(127, 33, 1025, false, true);
    try (Buffer a = buffer(cpu, numbers.normal(127 * 1025));
        Buffer b = buffer(cpu, numbers.normal(33 * 1025));
        Buffer c = room(127 * 33)) {
      cpu.matmul().matmul(product, a, b, null, c);
      float[] first = values(cpu, c);
      for (int i = 0; i < 20; i++) {
        cpu.matmul().matmul(product, a, b, null, c);
        assertArrayEquals(first, values(cpu, c));
      }
    }
  }
}
