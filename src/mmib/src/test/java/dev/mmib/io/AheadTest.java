package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
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
}
