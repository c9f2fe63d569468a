package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class PhiloxTest {

  private static final int N = 1 << 18;

  private static int[] rounds(int c0, int c1, int c2, int c3, int k0, int k1) {
    var out = new int[4];
    Philox.rounds(c0, c1, c2, c3, k0, k1, out);
    return out;
  }

  /** The known-answer vectors of Random123, philox4x32-10. */
  @Test
  void givesThePublishedAnswers() {
    assertArrayEquals(
        new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, rounds(0, 0, 0, 0, 0, 0));
    assertArrayEquals(
        new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, rounds(-1, -1, -1, -1, -1, -1));
    assertArrayEquals(
        new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
        rounds(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0));
  }

  @Test
  void countsBlocksLowStreamsHighAndKeysBySeed() {
    var out = new int[4];
    Philox.block(0x299f31d0_a4093822L, 0x03707344_13198a2eL, 0x85a308d3_243f6a88L, out);
    assertArrayEquals(new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}, out);
  }

  @Test
  void uniformNumbersStayBelowOne() {
    assertEquals(0f, Philox.uniform(0));
    assertEquals(1 - 0x1p-24f, Philox.uniform(-1));
  }

  @Test
  void normalNumbersAreFiniteForAnyWord() {
    for (int word : new int[] {0, 1, 255, 256, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      assertTrue(Double.isFinite(Philox.normal(word, word, true)));
      assertTrue(Double.isFinite(Philox.normal(word, word, false)));
    }
  }

  private static double[] drawn(Consumer<JavaBackendAndBuffer> draw) {
    try (var backend = new JavaBackend(2);
        var buffer = backend.allocate(DType.F32, N)) {
      draw.accept(new JavaBackendAndBuffer(backend, buffer));
      var floats = new float[N];
      backend.download(buffer, 0, floats, 0, N);
      var doubles = new double[N];
      for (int i = 0; i < N; i++) {
        doubles[i] = floats[i];
      }
      return doubles;
    }
  }

  private record JavaBackendAndBuffer(JavaBackend backend, Buffer buffer) {}

  private static double moment(double[] x, double center, int power) {
    double sum = 0;
    for (double v : x) {
      sum += Math.pow(v - center, power);
    }
    return sum / x.length;
  }

  @Test
  void uniformNumbersHaveTheMomentsOfTheUniformDistribution() {
    var x = drawn(b -> b.backend().random().uniform(42, 7, b.buffer()));
    // Bounds are five standard errors.
    assertEquals(0.5, moment(x, 0, 1), 5 * Math.sqrt(1 / 12.0 / N));
    assertEquals(1 / 12.0, moment(x, 0.5, 2), 5 * Math.sqrt(1 / 180.0 / N));
    assertEquals(0, lagged(x, 0.5) * 12, 5 / Math.sqrt(N));
    var bins = new int[16];
    for (double v : x) {
      bins[(int) (v * 16)]++;
    }
    double chiSquare = 0;
    for (int bin : bins) {
      chiSquare += Math.pow(bin - N / 16.0, 2) / (N / 16.0);
    }
    assertTrue(chiSquare < 44.3, () -> "χ² of 15 degrees at one in ten thousand"); // 0.9999
  }

  @Test
  void normalNumbersHaveTheMomentsOfTheNormalDistribution() {
    var x = drawn(b -> b.backend().random().normal(42, 7, b.buffer()));
    assertEquals(0, moment(x, 0, 1), 5 / Math.sqrt(N));
    assertEquals(1, moment(x, 0, 2), 5 * Math.sqrt(2.0 / N));
    assertEquals(0, moment(x, 0, 3), 5 * Math.sqrt(15.0 / N));
    assertEquals(3, moment(x, 0, 4), 5 * Math.sqrt(96.0 / N));
    assertEquals(0, lagged(x, 0), 5 / Math.sqrt(N));
  }

  /** The mean product of neighbours. */
  private static double lagged(double[] x, double center) {
    double sum = 0;
    for (int i = 1; i < x.length; i++) {
      sum += (x[i] - center) * (x[i - 1] - center);
    }
    return sum / x.length;
  }

  @Test
  void anElementDependsOnItsIndexAlone() {
    try (var backend = new JavaBackend(2);
        var all = backend.allocate(DType.F32, 40_003);
        var few = backend.allocate(DType.F32, 33)) {
      backend.random().normal(1, 2, all);
      backend.random().normal(1, 2, few);
      var long1 = new float[33];
      var short1 = new float[33];
      backend.download(all, 0, long1, 0, 33);
      backend.download(few, 0, short1, 0, 33);
      assertArrayEquals(long1, short1);
      backend.random().normal(1, 3, few);
      backend.download(few, 0, short1, 0, 33);
      assertNotEquals(long1[0], short1[0]);
      // Element 20001 is the sine of words 0 and 1 of block 5000.
      var words = new int[4];
      Philox.block(1, 2, 5000, words);
      var one = new float[1];
      backend.download(all, 20_001, one, 0, 1);
      assertEquals((float) Philox.normal(words[0], words[1], true), one[0]);
      backend.download(all, 20_002, one, 0, 1);
      assertEquals((float) Philox.normal(words[2], words[3], false), one[0]);
    }
  }
}
