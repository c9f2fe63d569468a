package dev.mmib.nd4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Device;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Products that are cut into parts. */
class Nd4jMatMulKernelsTest {

  private static final int[][] SIZES = {
    {1, 1, 1},
    {1, 700, 900},
    {700, 1, 900},
    {33, 101, 300},
    {512, 96, 64},
    {97, 1000, 200},
    {1025, 50, 130},
    {520, 800, 24},
    {32, 768, 768}
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

  private static float[] multiply(
      int threads, Product p, float[] a, float[] b, float @Nullable [] bias) {
    try (Backend nd4j = new Nd4jProvider().open(Device.Options.threads(threads));
        Buffer left = buffer(nd4j, a);
        Buffer right = buffer(nd4j, b);
        Buffer shift = buffer(nd4j, bias == null ? new float[1] : bias);
        Buffer out = nd4j.allocate(DType.F32, p.batch() * p.m() * p.n())) {
      nd4j.matmul().matmul(p, left, right, bias == null ? null : shift, out);
      var values = new float[out.length()];
      nd4j.download(out, 0, values, 0, values.length);
      return values;
    }
  }

  @Test
  void agreesWithSumsInDouble() {
    for (int[] size : SIZES) {
      int m = size[0];
      int n = size[1];
      int k = size[2];
      float[] bias = random(n);
      for (int batch : new int[] {1, 2}) {
        float[] a = random(batch * m * k);
        float[] b = random(batch * k * n);
        for (int turns = 0; turns < 4; turns++) {
          boolean turnA = (turns & 1) != 0;
          boolean turnB = (turns & 2) != 0;
          var product = new Product(batch, m, n, k, turnA, turnB, m * k, k * n);
          float[] got = multiply(2, product, a, b, turnA ? null : bias);
          var where = new Random(turns);
          for (int check = 0; check < 2000; check++) {
            int at = where.nextInt(got.length);
            int i = at / (m * n);
            int row = at / n % m;
            int col = at % n;
            double sum = turnA ? 0 : bias[col];
            for (int j = 0; j < k; j++) {
              sum +=
                  (double) a[i * m * k + (turnA ? j * m + row : row * k + j)]
                      * b[i * k * n + (turnB ? col * k + j : j * n + col)];
            }
            assertEquals(sum, got[at], 2e-5, product + " at " + row + ", " + col);
          }
        }
      }
    }
  }

  @Test
  void doesNotDependOnThreads() {
    for (int[] size : SIZES) {
      var product = Product.of(size[0], size[1], size[2], false, true);
      float[] a = random(size[0] * size[2]);
      float[] b = random(size[1] * size[2]);
      float[] first = multiply(1, product, a, b, random(size[1]));
      assertArrayEquals(first, multiply(2, product, a, b, random(size[1])));
      assertArrayEquals(first, multiply(3, product, a, b, random(size[1])));
    }
  }

  @Test
  void cutsEveryResultIntoPartsThatTouchNowhere() {
    for (int[] size : SIZES) {
      for (int batch : new int[] {1, 5}) {
        Blocks blocks = Blocks.of(batch, size[0], size[1], size[2]);
        var times = new int[size[0] * size[1]];
        for (int n = 0; n < blocks.count(); n++) {
          Blocks.Part part = blocks.part(n);
          assertTrue(part.top() < part.bottom() && part.left() < part.right(), part.toString());
          for (int row = part.top(); row < part.bottom(); row++) {
            for (int col = part.left(); col < part.right(); col++) {
              times[row * size[1] + col]++;
            }
          }
        }
        for (int count : times) {
          assertEquals(1, count);
        }
      }
    }
  }

  @Test
  void cutsLargeProductsForManyCoresAndSmallOnesForNone() {
    assertEquals(1, Blocks.of(1, 30, 30, 30).count());
    assertEquals(1, Blocks.of(96, 300, 300, 300).count());
    assertTrue(Blocks.of(1, 1024, 768, 768).count() >= 8);
    assertTrue(Blocks.of(1, 32, 768, 768).count() >= 4);
  }
}
