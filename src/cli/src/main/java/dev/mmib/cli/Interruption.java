package dev.mmib.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What Ctrl-C does: long work stops at its next step and saves; the process waits for that.
 *
 * <p>A second Ctrl-C ends the process at once: the Java machine then no longer waits.
 */
final class Interruption {

  private static final long PATIENCE_SECONDS = 120;
  private static final AtomicBoolean ASKED = new AtomicBoolean();

  private final CountDownLatch finished = new CountDownLatch(1);

  private Interruption() {}

  static Interruption install() {
    var interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(new Thread(interruption::await, "mmib-interruption"));
    return interruption;
  }

  /** Whether work should stop. */
  static boolean asked() {
    return ASKED.get();
  }

  /** The command has ended by itself or because it was asked to. */
  void done() {
    finished.countDown();
  }

  private void await() {
    if (finished.getCount() == 0) {
      return;
    }
    ASKED.set(true);
    try {
      if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return; // the machine goes down anyway
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
