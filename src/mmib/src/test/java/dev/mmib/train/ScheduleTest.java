package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ScheduleTest {

  @Test
  void warmsUpAndDecaysLinearly() {
    var schedule = new LinearSchedule(2, 6);
    double[] expected = {0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0};
    for (int step = 0; step < expected.length; step++) {
      assertEquals(expected[step], schedule.factor(step), 1e-15, "step " + step);
    }
  }

  @Test
  void warmsUpOverAFractionOfAStep() {
    var schedule = LinearSchedule.of(0.03, 10);
    assertEquals(0, schedule.factor(0), "k < 0.3 and max(1, 0.3)");
    assertEquals(9 / 9.7, schedule.factor(1), 1e-15);
  }

  @Test
  void startsAtFullRateWithoutWarmUp() {
    assertEquals(1, LinearSchedule.of(0, 10).factor(0));
    assertEquals(1, Schedule.constant().factor(1_000_000));
  }

  @Test
  void followsHalfACosine() {
    var schedule = new CosineSchedule(2, 8, 0.5);
    assertEquals(0.5, schedule.factor(1), 1e-15);
    assertEquals(1, schedule.factor(2), 1e-15);
    assertEquals(0.5, schedule.factor(5), 1e-15);
    assertEquals(0, schedule.factor(8), 1e-15);
  }

  @Test
  void refusesAWarmUpLongerThanTheTraining() {
    assertThrows(IllegalArgumentException.class, () -> LinearSchedule.of(2, 10));
    assertThrows(IllegalArgumentException.class, () -> LinearSchedule.of(Double.NaN, 10));
  }

  @Test
  void clipsOnlyLargeNorms() {
    assertEquals(1, new GradientClip(1).factor(0.5));
    assertEquals(2 / 4.000001, new GradientClip(2).factor(4), 1e-15);
    assertEquals(1, GradientClip.none().factor(1e30));
    assertThrows(IllegalArgumentException.class, () -> new GradientClip(Double.NaN));
  }
}
