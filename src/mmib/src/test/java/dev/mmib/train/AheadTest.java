package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AheadTest {

  @Test
  void givesEveryValueInOrderAndThenNull() {
    try (var ahead = new Ahead<>("test", 3, IntStream.range(0, 100).iterator())) {
      var seen = new ArrayList<Integer>();
      for (Integer value = ahead.next(); value != null; value = ahead.next()) {
        seen.add(value);
      }
      assertEquals(IntStream.range(0, 100).boxed().toList(), seen);
      assertNull(ahead.next());
    }
  }

  @Test
  void throwsInItsTurnWhatTheSourceThrew() {
    var failure = new IllegalStateException("no such picture");
    Stream<Integer> source =
        IntStream.range(0, 3)
            .mapToObj(
                i -> {
                  if (i == 2) {
                    throw failure;
                  }
                  return i;
                });
    try (var ahead = new Ahead<>("test", 8, source.iterator())) {
      assertEquals(0, ahead.next());
      assertEquals(1, ahead.next());
      assertSame(failure, assertThrows(IllegalStateException.class, ahead::next));
      assertNull(ahead.next());
    }
  }

  @Test
  void handsErrorsOverToo() {
    Stream<Integer> source =
        Stream.generate(
            () -> {
              throw new OutOfMemoryError("provoked");
            });
    try (var ahead = new Ahead<>("test", 1, source.iterator())) {
      assertThrows(OutOfMemoryError.class, ahead::next);
    }
  }

  @Test
  void stopsItsThreadWhenClosedEarly() {
    var made = new AtomicInteger();
    var makers = new CopyOnWriteArrayList<Thread>();
    Stream<Integer> endless =
        Stream.generate(
            () -> {
              makers.add(Thread.currentThread());
              return made.incrementAndGet();
            });
    var ahead = new Ahead<>("test", 2, endless.iterator());
    assertEquals(1, ahead.next());
    ahead.close();
    assertFalse(makers.get(0).isAlive());
    assertNull(ahead.next());
    ahead.close();
  }

  @Test
  void runsNoFurtherAheadThanAsked() {
    var made = new AtomicInteger();
    try (var ahead = new Ahead<>("test", 2, Stream.generate(made::incrementAndGet).iterator())) {
      for (int taken = 1; taken <= 50; taken++) {
        assertEquals(taken, ahead.next());
        // Two wait in the queue, one in the hands of the thread, one just taken its place.
        assertTrue(made.get() <= taken + 4, made + " made when " + taken + " were taken");
      }
    }
  }

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
