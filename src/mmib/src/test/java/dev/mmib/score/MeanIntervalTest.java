package dev.mmib.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MeanIntervalTest {

  /** t(0.975) of any table: 12.706 for one degree of freedom, 2.776 for four. */
  @Test
  void isTheOneOfTheTables() {
    var five = MeanInterval.of(new double[] {1, 2, 3, 4, 5});
    assertEquals(3, five.mean(), 1e-12);
    assertEquals(3 - 2.776445 * Math.sqrt(2.5 / 5), five.low(), 1e-5);
    assertEquals(3 + 2.776445 * Math.sqrt(2.5 / 5), five.high(), 1e-5);
    assertEquals(5, five.n());
    var two = MeanInterval.of(new double[] {0, 1});
    assertEquals(12.706205 * Math.sqrt(0.5 / 2), two.half(), 1e-5);
  }

  @Test
  void pairsWhatBelongsTogether() {
    double[] a = {10, 20, 30};
    double[] b = {9, 18, 27};
    assertEquals(
        MeanInterval.of(new double[] {1, 2, 3}), MeanInterval.ofDifferences(a, b), "1, 2 and 3");
    assertEquals(new MeanInterval(0, 0, 0, 3), MeanInterval.ofDifferences(a, a));
  }

  /** Of 2,000 intervals 95 % hold the truth: 1,900, give or take 4 standard deviations of 9.7. */
  @Test
  void holdsTheTruthAsOftenAsItSays() {
    var random = new Random(7);
    int held = 0;
    for (int run = 0; run < 2000; run++) {
      var found = MeanInterval.of(random.doubles(5).map(u -> 3 + random.nextGaussian()).toArray());
      held += found.low() <= 3 && 3 <= found.high() ? 1 : 0;
    }
    assertTrue(Math.abs(held - 1900) < 40, held + " of 2000");
  }

  @Test
  void refusesWhatHasNoInterval() {
    assertThrows(IllegalArgumentException.class, () -> MeanInterval.of(new double[] {1}));
    assertThrows(
        IllegalArgumentException.class, () -> MeanInterval.of(new double[] {1, Double.NaN}));
    assertThrows(
        IllegalArgumentException.class,
        () -> MeanInterval.ofDifferences(new double[2], new double[3]));
  }
}
