package dev.mmib.cpu;

import dev.mmib.backend.host.PerThread;
import dev.mmib.cpu.NativeFunction.Number;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * Signals that wait while a thread computes with oneDNN on x86-64 Linux.
 *
 * <p>oneDNN's {@code sgemm} for AVX-512 lets the stack pointer point into its working memory where
 * a product has more than 84 inner numbers, so that the handler of a signal would write over the
 * heap of the process. Profilers send signals all the time: JFR for {@code jdk.ExecutionSample},
 * which its own settings have on. They get theirs when the section ends; those that a thread's own
 * mistakes raise do not wait.
 *
 * <p>OpenMP's threads are made within such a section, and inherit for ever what it holds.
 */
final class HeldSignals {

  private static final int SIZE_OF_A_SET = 128;

  // SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS.
  private static final int[] OWN = {4, 5, 6, 7, 8, 11, 31};

  private static final @Nullable NativeFunction MASK =
      Platform.current().name().equals("linux-x86_64")
          ? NativeFunction.find("pthread_sigmask")
          : null;

  private static final Number BLOCK = new Number(0);
  private static final Number SET = new Number(2);
  private static final BytePointer OTHERS = others();
  private static final PerThread<HeldSignals> EACH = new PerThread<>(HeldSignals::new);

  private final BytePointer before = new BytePointer(SIZE_OF_A_SET);
  private int depth;

  private HeldSignals() {}

  private static BytePointer others() {
    long bits = -1;
    for (int number : OWN) {
      bits &= ~(1L << number - 1);
    }
    var set = new BytePointer(SIZE_OF_A_SET);
    set.fill(0);
    return set.putLong(bits);
  }

  /** Whether signals must wait here, and cannot. */
  static boolean areMissing() {
    return MASK == null && Platform.current().name().equals("linux-x86_64");
  }

  /** Lets signals wait until {@link #release} of what is returned, by the same thread. */
  static HeldSignals hold() {
    HeldSignals mine = EACH.ofThread();
    if (MASK != null && mine.depth == 0) {
      MASK.call(BLOCK, OTHERS, mine.before.address());
    }
    mine.depth++;
    return mine;
  }

  void release() {
    depth--;
    if (MASK != null && depth == 0) {
      MASK.call(SET, before, 0);
    }
  }
}
