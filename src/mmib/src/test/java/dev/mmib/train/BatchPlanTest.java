package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchPlanTest {

  @Test
  void plansEveryRowOnceInBatchesOfLikeLength() {
    int[] lengths = IntStream.range(0, 1000).map(i -> 5 + (i * 7919) % 60).toArray();
    List<int[]> plan = ofSteps(BatchPlan.shuffled(lengths, 8, 1, 7, 3));
    int[] rows = plan.stream().flatMapToInt(IntStream::of).sorted().toArray();
    assertEquals(IntStream.range(0, 1000).boxed().toList(), IntStream.of(rows).boxed().toList());
    long padding = 0;
    for (int[] batch : plan) {
      assertTrue(batch.length <= 8);
      int longest = IntStream.of(batch).map(row -> lengths[row]).max().orElseThrow();
      padding += IntStream.of(batch).map(row -> longest - lengths[row]).sum();
    }
    assertTrue(padding < 0.12 * IntStream.of(lengths).sum(), padding + " padded positions");
  }

  @Test
  void plansTheSameForTheSameSeedAndOtherwiseForAnother() {
    int[] lengths = IntStream.range(0, 64).map(i -> 5 + i % 9).toArray();
    var plan = flat(ofSteps(BatchPlan.shuffled(lengths, 4, 1, 1, 1)));
    assertEquals(plan, flat(ofSteps(BatchPlan.shuffled(lengths, 4, 1, 1, 1))));
    assertFalse(plan.equals(flat(ofSteps(BatchPlan.shuffled(lengths, 4, 1, 1, 2)))));
    assertFalse(plan.equals(flat(ofSteps(BatchPlan.shuffled(lengths, 4, 1, 2, 1)))));
  }

  @Test
  void plansTheSameRowsForAStepHoweverItIsDivided() {
    int[] lengths = IntStream.range(0, 100).map(i -> 5 + (i * 31) % 23).toArray();
    var whole = BatchPlan.shuffled(lengths, 12, 1, 5, 2);
    var divided = BatchPlan.shuffled(lengths, 4, 3, 5, 2);
    assertEquals(whole.size(), divided.size());
    for (int step = 0; step < whole.size(); step++) {
      assertEquals(flat(whole.get(step)), flat(divided.get(step)));
      assertTrue(divided.get(step).stream().allMatch(batch -> batch.length <= 4));
    }
  }

  @Test
  void plansNothingForNoRows() {
    assertEquals(0, BatchPlan.shuffled(new int[0], 8, 1, 1, 1).size());
    assertEquals(0, BatchPlan.byLength(new int[0], 8).size());
  }

  private static List<int[]> ofSteps(List<List<int[]>> steps) {
    return steps.stream().flatMap(List::stream).toList();
  }

  private static List<Integer> flat(List<int[]> plan) {
    return plan.stream().flatMapToInt(IntStream::of).boxed().toList();
  }
}
