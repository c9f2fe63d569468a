package dev.mmib.cpu;

import dev.mmib.cpu.NativeFunction.Number;
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

  void apply() {
    setThreads.call(threads, null, 0);
  }

  @Override
  public void close() {
    setThreads.close();
  }
}
