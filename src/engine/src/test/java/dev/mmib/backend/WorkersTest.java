package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Collections;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
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

  @Test
  void waitsForTheHelpersThatRunWhenAnotherCannotBeStarted() {
    var entered = new CountDownLatch(1);
    var running = new AtomicInteger();
    var made = new AtomicInteger();
    ThreadFactory oneOnly =
        task ->
            made.getAndIncrement() == 0
                ? new Thread(task)
                : new Thread(task) {
                  @Override
                  public void start() {
                    awaitUninterruptibly(entered);
                    throw new OutOfMemoryError("no more threads");
                  }
                };
    try (var workers = new Workers(3, oneOnly)) {
      var thrown =
          assertThrows(
              OutOfMemoryError.class,
              () ->
                  workers.forEach(
                      100,
                      1,
                      (from, to) -> {
                        running.incrementAndGet();
                        entered.countDown();
                        pause(); // so that whoever does not wait comes back before
                        running.decrementAndGet();
                      }));
      assertEquals("no more threads", thrown.getMessage());
      assertEquals(0, running.get(), "chunks that still write");
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void refusesWorkOnceItIsClosed() {
    var workers = new Workers(2);
    workers.close();
    assertThrows(
        RejectedExecutionException.class, () -> workers.forEach(2, 1, (from, to) -> fail("ran")));
  }
}
