package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkersTest {

  @Test
  void coversEveryIndexOnce() {
    for (int threads : new int[] {1, 2, 5}) {
      try (var workers = new Workers(threads)) {
        for (int n : new int[] {0, 1, 7, 100, 1025}) {
          for (int chunk : new int[] {1, 3, 100, 5000}) {
            var visits = new AtomicIntegerArray(n);
            workers.forEach(
                n,
                chunk,
                (from, to) -> {
                  for (int i = from; i < to; i++) {
                    visits.incrementAndGet(i);
                  }
                });
            for (int i = 0; i < n; i++) {
              assertEquals(1, visits.get(i));
            }
          }
        }
      }
    }
  }

  @Test
  void cutsTheSameChunksForAnyNumberOfThreads() {
    for (int threads : new int[] {1, 2, 5}) {
      try (var workers = new Workers(threads)) {
        var chunks = Collections.synchronizedList(new ArrayList<String>());
        workers.forEach(10, 4, (from, to) -> chunks.add(from + "-" + to));
        Collections.sort(chunks);
        assertEquals("[0-4, 4-8, 8-10]", chunks.toString());
      }
    }
  }

  @Test
  void reachesTheLargestIndex() {
    for (int threads : new int[] {1, 2}) {
      try (var workers = new Workers(threads)) {
        var chunks = Collections.synchronizedList(new ArrayList<String>());
        workers.forEach(Integer.MAX_VALUE, 1 << 30, (from, to) -> chunks.add(from + "-" + to));
        Collections.sort(chunks);
        assertEquals("[0-1073741824, 1073741824-2147483647]", chunks.toString());
      }
    }
  }

  @Test
  void throwsWhatAChunkThrows() {
    for (int threads : new int[] {1, 2, 5}) {
      try (var workers = new Workers(threads)) {
        var failure = new ArithmeticException("chunk");
        var thrown =
            assertThrows(
                ArithmeticException.class,
                () ->
                    workers.forEach(
                        100,
                        1,
                        (from, to) -> {
                          if (from == 57) {
                            throw failure;
                          }
                        }));
        assertSame(failure, thrown);
        var error = new StackOverflowError();
        assertSame(
            error,
            assertThrows(
                StackOverflowError.class,
                () ->
                    workers.forEach(
                        100,
                        1,
                        (from, to) -> {
                          throw error;
                        })));
      }
    }
  }

  @Test
  void finishesItsWorkThoughInterrupted() {
    try (var workers = new Workers(2)) {
      var visits = new AtomicIntegerArray(1000);
      Thread.currentThread().interrupt();
      workers.forEach(1000, 1, (from, to) -> visits.incrementAndGet(from));
      assertTrue(Thread.interrupted(), "the interrupt is still to be seen");
      for (int i = 0; i < 1000; i++) {
        assertEquals(1, visits.get(i));
      }
    }
  }
}
