package dev.mmib.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What is made of times. */
class ScoresTest {

  private static final Workload.Maker NEVER_OPENED =
      threads -> {
        throw new IllegalStateException("opened");
      };

  private static Measured measured() {
    var workload =
        Workload.of("group", "name", 2000).with("mmib", NEVER_OPENED).with("other", NEVER_OPENED);
    var measured = new Measured(workload, 2);
    measured.add("mmib", "ours", 0);
    measured.add("other", "theirs", -1);
    for (int round = 0; round < 3; round++) {
      measured.turn("mmib", new long[] {100 << round, 90 << round, 400 << round});
      measured.turn("other", new long[] {(round + 1L) * 100 << round});
      measured.peak(round, 2000, new long[] {80 << round, 50 << round});
      measured.peak(round, 2000, new long[] {50 << round, 70 << round});
    }
    return measured;
  }

  @Test
  void takesRatiosWithinARoundBetweenMedianRuns() {
    var scores = Scores.of(measured().toJson());
    var ours = scores.contenders().get(0);
    var other = scores.contenders().get(1);
    assertNull(ours.ratio());
    assertEquals(new Scores.Spread(2, 1, 3), other.ratio());
    assertEquals(100.0 / 90, other.bestRatio(), 1e-12);
    assertEquals(200e-6, ours.milliseconds().median(), 1e-12);
    assertEquals(90e-6, ours.best(), 1e-12);
    assertEquals(1600e-6, ours.slow(), 1e-12);
  }

  @Test
  void takesPercentagesOfThePeakOfTheSameRound() {
    var ours = Scores.of(measured().toJson()).contenders().get(0);
    var percent = Objects.requireNonNull(ours.percentOfPeak());
    assertEquals(50, percent.median(), 1e-9);
    assertEquals(50, percent.least(), 1e-9);
    assertEquals(100 * 50 / 90.0, ours.bestPercentOfPeak(), 1e-9);
  }

  @Test
  void saysNothingOfThePeakWhereOperationsAreNotCounted() {
    var measured = new Measured(Workload.of("g", "n", 0).with("mmib", NEVER_OPENED), 1);
    measured.add("mmib", "ours", 0);
    measured.turn("mmib", new long[] {5, 7});
    var scores = Scores.of(measured.toJson());
    assertNull(scores.peak());
    assertNull(scores.contenders().get(0).percentOfPeak());
    assertNotNull(scores.contenders().get(0).milliseconds());
  }
}
