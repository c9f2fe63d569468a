package dev.mmib.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.score.Calibration.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CalibrationTest {

  /**
   * By hand. Bin (0.8, 0.9]: 0.85 and 0.9, one right of two, mean 0.875. Bin (0.2, 0.3]: 0.3,
   * right. ECE = 2/3 · |0.5 − 0.875| + 1/3 · |1 − 0.3|; Brier = (0.15² + 0.9² + 0.7²) / 3.
   */
  @Test
  void isTheOneComputedByHand() {
    var found =
        Calibration.of(
            List.of(new Outcome(0.85, true), new Outcome(0.9, false), new Outcome(0.3, true)));
    assertEquals(3, found.n());
    assertEquals(2 / 3.0 * 0.375 + 1 / 3.0 * 0.7, found.ece(), 1e-12);
    assertEquals((0.0225 + 0.81 + 0.49) / 3, found.brier(), 1e-12);
    assertEquals(2 / 3.0, found.accuracy(), 1e-12);
    assertEquals(2.05 / 3, found.meanScore(), 1e-12);
    assertEquals(2, found.bins().get(8).count());
    assertEquals(0.875, found.bins().get(8).meanScore(), 1e-12);
    assertEquals(0.5, found.bins().get(8).accuracy(), 1e-12);
    assertEquals(1, found.bins().get(2).count());
    assertEquals(0, found.bins().get(5).count());
    assertTrue(Double.isNaN(found.bins().get(5).accuracy()));
    // Wilson, 1 of 2: 0.5 ± z √(0.25/2 + z²/16) / (1 + z²/2) with z = 1.959964.
    assertEquals(0.0945, found.bins().get(8).accuracyLow(), 1e-4);
    assertEquals(0.9055, found.bins().get(8).accuracyHigh(), 1e-4);
  }

  @Test
  void putsTheEndsIntoTheOuterBins() {
    var found = Calibration.of(List.of(new Outcome(0, false), new Outcome(1, true)));
    assertEquals(1, found.bins().get(0).count());
    assertEquals(1, found.bins().get(Calibration.BINS - 1).count());
    assertEquals(0, found.ece());
    assertEquals(0, found.brier());
    assertEquals(0, found.bins().get(0).accuracyLow());
    assertEquals(1, found.bins().get(Calibration.BINS - 1).accuracyHigh());
  }

  /** Scores that are true probabilities: almost no error; the same ones overstated: just that. */
  @Test
  void tellsHonestScoresFromBoastingOnes() {
    var random = new Random(3);
    var honest = new ArrayList<Outcome>();
    var boasting = new ArrayList<Outcome>();
    for (int i = 0; i < 50_000; i++) {
      double p = random.nextDouble();
      boolean right = random.nextDouble() < p;
      honest.add(new Outcome(p, right));
      boasting.add(new Outcome(Math.sqrt(p), right));
    }
    assertTrue(Calibration.of(honest).ece() < 0.01);
    // E √p − p = 2/3 − 1/2; E (p − right)² = E p (1 − p) = 1/6.
    assertEquals(1 / 6.0, Calibration.of(boasting).ece(), 0.01);
    assertEquals(1 / 6.0, Calibration.of(honest).brier(), 0.01);
    assertEquals(50_000, Calibration.of(honest).bins().stream().mapToInt(b -> b.count()).sum());
  }

  @Test
  void refusesWhatIsNoProbability() {
    assertThrows(IllegalArgumentException.class, () -> new Outcome(1.01, true));
    assertThrows(IllegalArgumentException.class, () -> new Outcome(Double.NaN, true));
    assertThrows(IllegalArgumentException.class, () -> Calibration.of(List.of()));
  }
}
