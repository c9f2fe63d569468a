package dev.mmib.backend.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sums of columns against sums in double. */
class ColumnSumsTest {

  private static final int COLS = 37;

  /** Below this times the sum of the terms' sizes is every error. */
  private static final double ERROR = 7 * 0x1p-24;

  private final Random random = new Random(7);

  @Test
  void areAsExactInLongColumnsAsInShortOnes() {
    for (int rows : new int[] {0, 1, 3, 15, 16, 17, 31, 127, 20_011}) {
      var x = new float[rows * COLS];
      for (int i = 0; i < x.length; i++) {
        x[i] = 1 + random.nextFloat();
      }
      assertExact(x, rows);
    }
  }

  @Test
  void surviveTermsThatCancel() {
    int rows = 20_011;
    var x = new float[rows * COLS];
    for (int i = 0; i < x.length; i++) {
      int mirror = x.length - 1 - i;
      x[i] = i < mirror ? 1000 * random.nextFloat() : -x[mirror];
    }
    for (int i = 0; i < COLS; i++) {
      x[i] += 1e-3f;
    }
    assertExact(x, rows);
  }

  /** Of columns from 2 on, and of rows from 5 on as well. */
  private static void assertExact(float[] x, int rows) {
    for (int from : new int[] {0, Math.min(5, rows)}) {
      double[] sums = ColumnSums.of(FloatBuffer.wrap(x), from, rows, COLS, 2, COLS - 3);
      for (int i = 0; i < COLS - 3; i++) {
        double exact = 0;
        double sizes = 0;
        for (int row = from; row < rows; row++) {
          exact += x[row * COLS + 2 + i];
          sizes += Math.abs(x[row * COLS + 2 + i]);
        }
        assertEquals(exact, sums[i], ERROR * sizes, "column " + i + " from row " + from);
      }
    }
  }
}
