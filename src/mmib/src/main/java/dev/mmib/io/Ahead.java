package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.Iterator;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The values of an iterator, made by a thread of their own a few ahead of the one who takes them.
 *
 * <p>What the iterator throws is thrown by {@link #next}, in its turn. Closing stops the thread,
 * whether the end was reached or not, and waits for it.
 *
 * @param <T> the values
 */
public final class Ahead<T> implements AutoCloseable {

  /** A value, a failure, or, with neither, the end. */
  private record Item<T>(@Nullable T value, @Nullable Throwable failure) {}

  private final BlockingQueue<Item<T>> queue;
  private final Thread thread;
  private volatile boolean stopped;
  private boolean ended;

  /**
   * Starts the thread.
   *
   * @param ahead how many values may wait to be taken
   */
  public Ahead(String threadName, int ahead, Iterator<T> source) {
    queue = new ArrayBlockingQueue<>(ahead);
    thread = new Thread(() -> produce(source), threadName);
    thread.setDaemon(true);
    thread.start();
  }

  private void produce(Iterator<T> source) {
    try {
      while (!stopped) {
        var item = make(source);
        queue.put(item);
        if (item.value() == null) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody but the end of the machine interrupts it
    }
  }

  private Item<T> make(Iterator<T> source) {
    try {
      return new Item<>(source.hasNext() ? source.next() : null, null);
    } catch (RuntimeException | Error e) {
      return new Item<>(null, e); // handed over to the taking thread
    }
  }

  /** The next value, waiting for it if need be; null after the last. */
  public @Nullable T next() {
    if (ended) {
      return null;
    }
    Item<T> item;
    try {
      item = queue.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw MmibException.of(ErrorCode.CANCELLED, "interrupted", "").causedBy(e);
    }
    ended = item.value() == null;
    if (item.failure() instanceof RuntimeException e) {
      throw e;
    }
    if (item.failure() instanceof Error e) {
      throw e;
    }
    return item.value();
  }

  /** Stops the thread and waits until it has ended. */
  @Override
  public void close() {
    stopped = true;
    ended = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      queue.clear(); // the thread may wait for room
      try {
        thread.join(10);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
