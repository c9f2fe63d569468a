package dev.mmib.cpu;

import dev.mmib.cpu.NativeFunction.Number;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * The number of threads that oneDNN's OpenMP uses for calls of the current thread.
 *
 * <p>OpenMP keeps that number per thread, so it is set before every call.
 */
final class OpenMp implements AutoCloseable {

  private final NativeFunction setThreads;
  private final Number threads;

  private OpenMp(NativeFunction setThreads, int threads) {
    this.setThreads = setThreads;
    this.threads = new Number(threads);
  }

  /** Sets {@code threads} at each {@link #apply}; null where the process has no OpenMP. */
  static @Nullable OpenMp of(int threads) {
    NativeFunction found = NativeFunction.find("omp_set_num_threads");
    return found == null ? null : new OpenMp(found, threads);
  }

  /**
   * Lets OpenMP's threads look around for a while only before they sleep: some tens of microseconds
   * in the place of milliseconds, on cores that Java's threads need next.
   *
   * <p>Their library reads its settings from the environment when it is loaded, so this comes
   * before oneDNN is; an application that has chosen for itself is left alone. Where a process has
   * loaded OpenMP before, nothing changes.
   */
  static void spinBriefly() {
    NativeFunction setenv = NativeFunction.find("setenv"); // Windows has none, and another OpenMP
    if (setenv != null
        && System.getenv("OMP_WAIT_POLICY") == null
        && System.getenv("GOMP_SPINCOUNT") == null) {
      try (setenv;
          var name = new BytePointer("GOMP_SPINCOUNT");
          var value = new BytePointer("20000")) {
        setenv.call(name, value, 1);
      }
    }
  }

  void apply() {
    setThreads.call(threads, null, 0);
  }

  @Override
  public void close() {
    setThreads.close();
  }
}
