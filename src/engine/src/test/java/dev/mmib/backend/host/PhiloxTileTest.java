package dev.mmib.backend.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.Philox;
import dev.mmib.backend.kernel.Dropout;
import org.junit.jupiter.api.Test;

/** Numbers drawn side by side are those drawn block by block. */
class PhiloxTileTest {

  private static final long SEED = 0x9E3779B97F4A7C15L;
  private static final long STREAM = 0xF000_0001_8000_0003L; // all bits of both words matter

  // Within a block, within a tile, and where the count of blocks leaves its low word.
  private static final long[] FIRST = {0, 1, 2, 3, 4, 1021, (1L << 34) - 3, (1L << 34) - 4};
  private static final int[] LENGTHS = {1, 3, 4, 5, 1023, 1024, 1025, 3000};

  private static float expected(long element) {
    var words = new int[4];
    Philox.block(SEED, STREAM, element >>> 2, words);
    return Philox.uniform(words[(int) (element & 3)]);
  }

  @Test
  void drawsWhatBlocksGive() {
    for (long first : FIRST) {
      for (int n : LENGTHS) {
        var drawn = new float[n + 1];
        drawn[n] = -1;
        PhiloxTile.ofThread().uniform(SEED, STREAM, first, drawn, n);
        for (int j = 0; j < n; j++) {
          assertEquals(expected(first + j), drawn[j], "element " + j + " from " + first);
        }
        assertEquals(-1, drawn[n], "beyond " + n);
      }
    }
  }

  @Test
  void dropsWhatIsBelowTheProbability() {
    for (double p : new double[] {0, 0.1, 0.5, 0.999, expected(1), Math.nextUp(expected(1))}) {
      var dropout = new Dropout(p, SEED, STREAM);
      for (long first : FIRST) {
        for (int n : LENGTHS) {
          var factors = new float[n + 1];
          factors[n] = -1;
          PhiloxTile.ofThread().factors(dropout, first, factors, n);
          for (int j = 0; j < n; j++) {
            float kept = (float) (1 / (1 - p));
            String what = "element " + j + " from " + first + " at " + p;
            assertEquals(expected(first + j) < p ? 0 : kept, factors[j], what);
          }
          assertEquals(-1, factors[n], "beyond " + n);
        }
      }
    }
  }
}
