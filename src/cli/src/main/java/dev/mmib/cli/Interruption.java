package dev.mmib.cli;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import sun.misc.Signal;

/**
 * What Ctrl-C does to long work: it stops at its next step and saves; a second one ends it at once.
 *
 * <p>The same holds for SIGTERM and SIGHUP. A shutdown hook could do the first half only: while it
 * runs, the Java machine pays no attention to further signals.
 */
final class Interruption {

  /** What an interrupted command exits with. */
  static final int STATUS = 130;

  private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");
  private static final AtomicBoolean ASKED = new AtomicBoolean();

  private Interruption() {}

  /** From here on the command looks at {@link #asked} itself; until here a signal just ends it. */
  static void expect(Console console) {
    expect(console, "Stopping after this step, then saving. Once more stops at once.");
  }

  /** The same, for work that tells of itself what it does then. */
  static void expect(Console console, String said) {
    for (var name : SIGNALS) {
      try {
        Signal.handle(new Signal(name), signal -> received(console, said));
      } catch (IllegalArgumentException e) {
        // Windows has no HUP, -Xrs leaves all of them to the system: they go on ending the process.
        if (Boolean.getBoolean("mmib.debug")) {
          console.tell("SIG" + name + " is not handled: " + e.getMessage());
        }
      }
    }
  }

  /** Whether work should stop. */
  static boolean asked() {
    return ASKED.get();
  }

  private static void received(Console console, String said) {
    if (!ASKED.compareAndSet(false, true)) {
      Runtime.getRuntime().halt(STATUS);
    }
    console.tell(said);
  }
}
