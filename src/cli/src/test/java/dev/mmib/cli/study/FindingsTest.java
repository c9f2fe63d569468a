package dev.mmib.cli.study;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.model.Task;
import dev.mmib.score.MeanInterval;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The numbers of a study against the same computed by hand. */
class FindingsTest {

  /** The upper 2.5 % point of Student's t with two degrees of freedom. */
  private static final double T2 = 4.302652729911275;

  private static final Plan PLAN =
      new Plan(
          List.of(Task.NER),
          3,
          new Plan.Sizes(10, 5, 5, 1, 1),
          List.of(0.0, 0.5),
          List.of(0.0, 0.1),
          List.of(new Plan.Form("none", Change.WITHOUT_ALIGNMENT)),
          List.of("java"));

  private static final Arm CALM = new Arm(Task.NER, 0, Change.NONE);
  private static final Arm CALM_WITHOUT = new Arm(Task.NER, 0, Change.WITHOUT_REFINEMENT);
  private static final Arm NOISY = new Arm(Task.NER, 0.5, Change.NONE);
  private static final Arm NOISY_WITHOUT = new Arm(Task.NER, 0.5, Change.WITHOUT_REFINEMENT);

  private final List<Outcome> outcomes = new ArrayList<>();

  private void add(Arm arm, double... f1) {
    for (int seed = 1; seed <= f1.length; seed++) {
      outcomes.add(
          new Outcome(arm.key(), seed, "cpu", f1[seed - 1], 0.5, 0.9 + 0.01 * seed, 0.6, 1, 2));
    }
  }

  private Findings findings() {
    return new Findings(PLAN, "cpu", outcomes, 1);
  }

  @Test
  void meansAndPairedDifferencesAreThoseComputedByHand() {
    add(CALM, 0.80, 0.82, 0.90);
    add(CALM_WITHOUT, 0.79, 0.80, 0.87);
    var mean = findings().f1(CALM);
    assertNotNull(mean);
    assertEquals(0.84, mean.mean(), 1e-12);
    // Deviations −0.04, −0.02, 0.06: variance 0.0056 / 2.
    assertEquals(T2 * Math.sqrt(0.0028 / 3), mean.half(), 1e-9);
    var difference = findings().difference(CALM, CALM_WITHOUT);
    assertNotNull(difference);
    assertEquals(0.02, difference.mean(), 1e-12);
    // Differences 0.01, 0.02, 0.03: variance 0.0001.
    assertEquals(T2 * Math.sqrt(0.0001 / 3), difference.half(), 1e-9);
    assertEquals(3, difference.n());
  }

  @Test
  void aDifferenceTakesOnlySeedsThatBothHave() {
    add(CALM, 0.80, 0.82, 0.90);
    add(CALM_WITHOUT, 0.79, 0.80);
    assertArrayEquals(new double[] {0.01, 0.02}, findings().differences(CALM, CALM_WITHOUT), 1e-12);
    assertNull(findings().difference(CALM, NOISY), "nothing to pair");
    assertFalse(findings().complete());
    assertEquals(5, findings().runs());
  }

  /** Differences 0.01, 0.02, 0.03 without noise and 0.06, 0.05, 0.13 at 0.5. */
  @Test
  void growthIsTheMeanOfTheSlopesOfTheSeeds() {
    add(CALM, 0.80, 0.82, 0.90);
    add(CALM_WITHOUT, 0.79, 0.80, 0.87);
    add(NOISY, 0.60, 0.62, 0.70);
    add(NOISY_WITHOUT, 0.54, 0.57, 0.57);
    var growth = findings().growth(Task.NER, Change.WITHOUT_REFINEMENT);
    assertNotNull(growth);
    assertEquals((0.10 + 0.06 + 0.20) / 3, growth.mean(), 1e-12);
    assertEquals(3, growth.n());
  }

  @Test
  void figuresHaveEachValueInItsPlace() {
    add(CALM, 0.80, 0.82, 0.90);
    add(CALM_WITHOUT, 0.79, 0.80, 0.87);
    add(NOISY, 0.60, 0.62, 0.70);
    add(PLAN.compared(), 0.80, 0.82, 0.90);
    add(PLAN.compared().on("java"), 0.80, 0.82, 0.91);
    var figures = new Figures(findings()).of(Task.NER);
    assertEquals(
        List.of("ner-noise", "ner-worth", "ner-beta", "ner-alignment", "ner-devices"),
        figures.stream().map(Figure::name).toList());
    var table = figures.get(0).markdown();
    assertTrue(table.startsWith("| share of stray pictures | attainable | full |"), table);
    assertTrue(table.contains("| 0 | 0.920 [0.895, 0.945] | 0.840 ["), table);
    assertTrue(table.contains("| 0.5 | 0.920 [0.895, 0.945] | 0.640 ["), table);
    assertTrue(figures.get(1).markdown().contains("| 0 | 0.020 ["), "the pair");
    assertTrue(figures.get(1).markdown().contains("| 0.5 | – | – |"), "half of a pair");
    assertTrue(figures.get(2).markdown().contains("| 0.1 | 0.640 ["), "the usual β is full");
    assertTrue(figures.get(4).markdown().contains("| cpu − java | -0.003 ["));
  }

  @Test
  void noDifferenceMeansZeroWithinAndLittleOnTheWhole() {
    assertTrue(Findings.isNone(new MeanInterval(0.004, -0.001, 0.009, 5)));
    assertFalse(Findings.isNone(new MeanInterval(0.004, 0.001, 0.007, 5)), "surely more than none");
    assertFalse(Findings.isNone(new MeanInterval(0.006, -0.1, 0.112, 5)), "too little known");
  }

  @Test
  void everyArmOfTheWholeStudyIsThereOnce() {
    var plan = Plan.full(List.of(Task.NER, Task.RE), 5, List.of("nd4j", "java"));
    var keys = plan.arms().stream().map(Arm::key).toList();
    assertEquals(keys.size(), keys.stream().distinct().count());
    // Of both tasks 4 shares × 3 and text only; of the first 3 other β, 3 other forms; of the last
    // 3
    // devices.
    assertEquals(2 * (12 + 1) + 3 + 3 + 3, keys.size());
    assertEquals(0.5, plan.middle());
    plan.arms().forEach(arm -> assertNotNull(plan.settings(arm, 1).config(), arm.key()));
  }
}
