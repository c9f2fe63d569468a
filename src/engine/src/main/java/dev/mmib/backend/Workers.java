package dev.mmib.backend;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one CPU backend.
 *
 * <p>Work is cut into chunks whose borders depend on the sizes alone, never on the number of
 * threads, so that results are bit-equal whatever the machine.
 *
 * <p>A layer hands out a dozen pieces of work, microseconds apart, and waking a thread that sleeps
 * takes tens of them: whoever waits looks around for a moment before it sleeps. The threads help
 * one caller at a time; others, and calls from within a chunk, work alone until they are free.
 */
public final class Workers implements AutoCloseable {

  /** Does the part {@code [from, to)} of some work. */
  @FunctionalInterface
  public interface Range {
    void run(int from, int to);
  }

  /** How long a thread looks around before it sleeps. */
  private static final long PATIENCE_NANOS = 50_000;

  private static final int LOOKS_PER_TIME = 16;

  private final int threads;
  private final ThreadFactory factory;
  private final long patience;
  private final @Nullable Helper[] helpers; // started when first needed
  private final AtomicBoolean taken = new AtomicBoolean();
  private volatile boolean closed;

  // The work of the caller that took the helpers; they read it after they were told to.
  private Range body = (from, to) -> {};
  private int length;
  private int chunk;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile @Nullable Thread sleeper; // the caller, when it sleeps until helpers are done

  public Workers(int threads) {
    this(threads, daemons());
  }

  /** For tests, which make threads that do not start. */
  Workers(int threads, ThreadFactory factory) {
    this.threads = threads;
    this.factory = factory;
    // Threads that outnumber the processors would take them from those that work.
    boolean room = threads <= Runtime.getRuntime().availableProcessors();
    this.patience = room ? PATIENCE_NANOS : 0;
    this.helpers = new Helper[Math.max(0, threads - 1)]; // the calling thread works too
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
    for (int c = 0; c < chunks; c++) {
      int wanted = Math.min(threads, chunks - c) - 1;
      if (wanted > 0 && taken.compareAndSet(false, true)) {
        try {
          share(n, chunk, body, c, wanted);
        } finally {
          taken.set(false);
        }
        return;
      }
      run(n, chunk, body, c);
    }
  }

  private static void run(int n, int chunk, Range body, int c) {
    int from = c * chunk;
    body.run(from, from + Math.min(chunk, n - from));
  }

  /** Does the chunks from {@code first} on together with {@code wanted} helpers. */
  private void share(int n, int chunk, Range body, int first, int wanted) {
    this.body = body;
    this.length = n;
    this.chunk = chunk;
    next.set(first);
    failure.set(null);
    try {
      for (int i = 0; i < wanted; i++) {
        helper(i).ask();
      }
    } catch (RuntimeException | Error e) { // closed, or the system has no more threads
      failure.compareAndSet(null, e); // so that those who were asked stop
    }
    work();
    awaitHelpers();
    this.body = (from, to) -> {}; // what it holds may be garbage now
    var thrown = failure.getAndSet(null);
    if (thrown instanceof RuntimeException e) {
      throw e;
    }
    if (thrown instanceof Error e) {
      throw e;
    }
  }

  private Helper helper(int i) {
    if (closed) {
      throw new RejectedExecutionException("workers: asked for work vs closed");
    }
    Helper started = helpers[i];
    return started != null ? started : start(i);
  }

  private synchronized Helper start(int i) {
    var helper = new Helper();
    helper.thread.start();
    helpers[i] = helper;
    return helper;
  }

  /** Does chunks until none are left, or one of them failed. */
  private void work() {
    int chunks = (int) (((long) length + chunk - 1) / chunk);
    int c;
    while (failure.get() == null && (c = next.getAndIncrement()) < chunks) {
      try {
        run(length, chunk, body, c);
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e); // rethrown on the calling thread
      }
    }
  }

  /** Calls off the helpers that have not begun, and waits for the others. */
  private void awaitHelpers() {
    boolean interrupted = false;
    for (Helper helper : helpers) {
      if (helper == null || helper.callOff() || lookAround(helper, Helper.WORKING)) {
        continue;
      }
      sleeper = Thread.currentThread();
      while (helper.is(Helper.WORKING)) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted(); // the chunks still write to the caller's buffers
      }
      sleeper = null;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits a moment for a helper to leave a state; whether it did. */
  private boolean lookAround(Helper helper, int state) {
    if (patience > 0) {
      long begin = System.nanoTime();
      do {
        for (int i = 0; i < LOOKS_PER_TIME; i++) {
          if (!helper.is(state)) {
            return true;
          }
          Thread.onSpinWait();
        }
      } while (System.nanoTime() - begin < patience);
    }
    return !helper.is(state);
  }

  /** A thread, and what it is at. */
  private final class Helper implements Runnable {

    private static final int IDLE = 0;
    private static final int ASKED = 1;
    private static final int WORKING = 2;

    private final AtomicInteger state = new AtomicInteger(IDLE);
    private final Thread thread = factory.newThread(this);
    private volatile boolean sleeps;

    boolean is(int what) {
      return state.get() == what;
    }

    void ask() {
      state.set(ASKED);
      if (sleeps) {
        LockSupport.unpark(thread);
      }
    }

    /** Whether it does nothing and will not begin. */
    boolean callOff() {
      return state.compareAndSet(ASKED, IDLE) || is(IDLE);
    }

    @Override
    public void run() {
      while (!closed) {
        if (lookAround(this, IDLE) || slept()) {
          help();
        }
      }
    }

    /** Sleeps until it is asked, or all is closed; whether it was asked. */
    private boolean slept() {
      sleeps = true;
      while (is(IDLE) && !closed) {
        LockSupport.park(Workers.this);
        Thread.interrupted(); // means nothing here, and would keep it from sleeping
      }
      sleeps = false;
      return !is(IDLE);
    }

    private void help() {
      if (state.compareAndSet(ASKED, WORKING)) {
        try {
          work();
        } finally {
          state.set(IDLE);
          LockSupport.unpark(sleeper);
        }
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    for (Helper helper : helpers) {
      if (helper != null) {
        LockSupport.unpark(helper.thread);
      }
    }
  }
}
