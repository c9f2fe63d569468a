package dev.mmib.backend;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The threads of one CPU backend.
 *
 * <p>Work is cut into chunks whose borders depend on the sizes alone, never on the number of
 * threads, so that results are bit-equal whatever the machine.
 */
public final class Workers implements AutoCloseable {

  /** Does the part {@code [from, to)} of some work. */
  @FunctionalInterface
  public interface Range {
    void run(int from, int to);
  }

  private final int threads;
  private final ExecutorService pool;

  public Workers(int threads) {
    this(threads, daemons());
  }

  /** For tests, which make threads that do not start. */
  Workers(int threads, ThreadFactory factory) {
    this.threads = threads;
    // The calling thread works too.
    this.pool = Executors.newFixedThreadPool(Math.max(1, threads - 1), factory);
  }

  private static ThreadFactory daemons() {
    var number = new AtomicInteger();
    return task -> {
      var thread = new Thread(task, "mmib-worker-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  public int threads() {
    return threads;
  }

  /**
   * Runs {@code body} over {@code [0, n)} in chunks of {@code chunk}, on all threads, and waits.
   *
   * <p>Chunks run in any order: they must write to different places.
   */
  public void forEach(int n, int chunk, Range body) {
    int chunks = (int) (((long) n + chunk - 1) / chunk);
    int helpers = Math.min(threads, chunks) - 1;
    if (helpers <= 0) {
      for (int c = 0; c < chunks; c++) {
        int from = c * chunk;
        body.run(from, from + Math.min(chunk, n - from));
      }
      return;
    }
    var next = new AtomicInteger();
    var failure = new AtomicReference<Throwable>();
    var done = new CountDownLatch(helpers);
    Runnable work =
        () -> {
          int c;
          while (failure.get() == null && (c = next.getAndIncrement()) < chunks) {
            try {
              int from = c * chunk;
              body.run(from, from + Math.min(chunk, n - from));
            } catch (RuntimeException | Error e) {
              failure.compareAndSet(null, e); // rethrown below, on the calling thread
            }
          }
        };
    start(helpers, work, done, failure);
    work.run();
    awaitUninterruptibly(done);
    var thrown = failure.get();
    if (thrown instanceof RuntimeException e) {
      throw e;
    }
    if (thrown instanceof Error e) {
      throw e;
    }
  }

  /**
   * Starts helpers; if one cannot be, those that run are told to stop, and are still waited for.
   */
  private void start(
      int helpers, Runnable work, CountDownLatch done, AtomicReference<Throwable> failure) {
    int started = 0;
    try {
      for (; started < helpers; started++) {
        pool.execute(
            () -> {
              try {
                work.run();
              } finally {
                done.countDown();
              }
            });
      }
    } catch (RuntimeException | Error e) { // closed, or the system has no more threads
      failure.compareAndSet(null, e); // rethrown above, on the calling thread
      for (int missing = started; missing < helpers; missing++) {
        done.countDown();
      }
    }
  }

  private static void awaitUninterruptibly(CountDownLatch done) {
    boolean interrupted = false;
    while (true) {
      try {
        done.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // the chunks still write to the caller's buffers
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    pool.shutdown();
  }
}
