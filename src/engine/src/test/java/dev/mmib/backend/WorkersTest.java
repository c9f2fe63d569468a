package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.management.ManagementFactory;
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

  @Test
  void worksAtOnceWhetherHelpersAreAwakeOrAsleep() throws InterruptedException {
    try (var workers = new Workers(2)) {
      for (int round = 0; round < 200; round++) {
        if (round % 10 == 0) {
          Thread.sleep(2); // longer than a helper looks around
        }
        var both = new CountDownLatch(2);
        workers.forEach(
            2,
            1,
            (from, to) -> {
              both.countDown();
              awaitUninterruptibly(both); // for ever, if one thread does both chunks
            });
      }
    }
  }

  @Test
  void sleepsUntilTheHelpersAreDone() {
    try (var workers = new Workers(3)) {
      for (int round = 0; round < 3; round++) {
        var done = new AtomicInteger();
        var caller = Thread.currentThread();
        var begun = new CountDownLatch(3);
        workers.forEach(
            3,
            1,
            (from, to) -> {
              begun.countDown();
              awaitUninterruptibly(begun);
              if (Thread.currentThread() != caller) {
                pause();
              }
              done.incrementAndGet();
            });
        assertEquals(3, done.get());
      }
    }
  }

  @Test
  void doesNotWaitForHelpersThatHaveNotBegun() {
    var gate = new CountDownLatch(1);
    ThreadFactory late =
        task ->
            new Thread(
                () -> {
                  awaitUninterruptibly(gate);
                  task.run();
                });
    try (var workers = new Workers(2, late)) {
      var visits = new AtomicIntegerArray(10);
      workers.forEach(10, 1, (from, to) -> visits.incrementAndGet(from));
      for (int i = 0; i < 10; i++) {
        assertEquals(1, visits.get(i));
      }
      gate.countDown();
    }
  }

  @Test
  void worksWithinItsOwnChunks() {
    for (int threads : new int[] {1, 2, 5}) {
      try (var workers = new Workers(threads)) {
        var visits = new AtomicIntegerArray(100);
        workers.forEach(
            10,
            1,
            (from, to) ->
                workers.forEach(10, 3, (a, b) -> addAll(visits, 10 * from + a, 10 * from + b)));
        for (int i = 0; i < 100; i++) {
          assertEquals(1, visits.get(i));
        }
      }
    }
  }

  private static void addAll(AtomicIntegerArray visits, int from, int to) {
    for (int i = from; i < to; i++) {
      visits.incrementAndGet(i);
    }
  }

  @Test
  void servesSeveralCallersAtOnce() throws InterruptedException {
    int many = 4 * Runtime.getRuntime().availableProcessors();
    for (int threads : new int[] {2, many}) {
      try (var workers = new Workers(threads)) {
        var wrong = new AtomicInteger();
        var callers = new ArrayList<Thread>();
        for (int c = 0; c < 4; c++) {
          callers.add(
              new Thread(
                  () -> {
                    for (int round = 0; round < 300; round++) {
                      var visits = new AtomicIntegerArray(50);
                      workers.forEach(50, 4, (from, to) -> addAll(visits, from, to));
                      for (int i = 0; i < 50; i++) {
                        wrong.addAndGet(Math.abs(visits.get(i) - 1));
                      }
                    }
                  }));
        }
        for (var caller : callers) {
          caller.start();
        }
        for (var caller : callers) {
          caller.join();
        }
        assertEquals(0, wrong.get());
      }
    }
  }

  @Test
  void takesUpHelpersThatAnotherCallerLeaves() throws InterruptedException {
    try (var workers = new Workers(2)) {
      var held = new CountDownLatch(2);
      var release = new CountDownLatch(1);
      var first =
          new Thread(
              () ->
                  workers.forEach(
                      2,
                      1,
                      (from, to) -> {
                        held.countDown();
                        awaitUninterruptibly(release);
                      }));
      first.start();
      held.await();
      var both = new CountDownLatch(2);
      workers.forEach(
          4,
          1,
          (from, to) -> {
            if (from == 0) { // alone, since the helper is taken
              release.countDown();
              join(first);
            } else if (from > 1) {
              both.countDown();
              awaitUninterruptibly(both);
            }
          });
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void forgetsAFailureWithItsWork() {
    try (var workers = new Workers(2)) {
      var failure = new ArithmeticException("chunk");
      assertThrows(
          ArithmeticException.class,
          () ->
              workers.forEach(
                  10,
                  1,
                  (from, to) -> {
                    throw failure;
                  }));
      var visits = new AtomicInteger();
      workers.forEach(10, 1, (from, to) -> visits.incrementAndGet());
      assertEquals(10, visits.get());
    }
  }

  @Test
  void allocatesNothing() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (var workers = new Workers(2)) {
      Workers.Range body = (from, to) -> {};
      workers.forEach(100, 1, body);
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 10_000; i++) {
        workers.forEach(100, 1, body);
      }
      long bytes = threads.getCurrentThreadAllocatedBytes() - before;
      assertTrue(bytes < 10_000, bytes + " bytes by 10000 calls");
    }
  }

  @Test
  void endsItsThreadsWhenItIsClosed() throws InterruptedException {
    var made = Collections.synchronizedList(new ArrayList<Thread>());
    ThreadFactory factory =
        task -> {
          var thread = new Thread(task);
          made.add(thread);
          return thread;
        };
    try (var workers = new Workers(4, factory)) {
      workers.forEach(100, 1, (from, to) -> {});
    }
    assertEquals(3, made.size());
    for (var thread : made) {
      thread.join(); // for ever, if it sleeps on
    }
  }
}
