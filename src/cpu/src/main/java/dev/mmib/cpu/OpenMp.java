package dev.mmib.cpu;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.opencl.Pfn_notify__cl_program_Pointer;
import org.bytedeco.opencl._cl_program;
import org.jspecify.annotations.Nullable;

/**
 * The number of threads that oneDNN's OpenMP uses for calls of the current thread.
 *
 * <p>OpenMP keeps that number per thread, so it is set before every call. JavaCPP binds no {@code
 * omp_set_num_threads(int)}, but it finds the function's address and can call through a pointer to
 * a function of two pointers: on every platform that there are natives for (x86-64 and AArch64, all
 * their calling conventions) an int travels in the register of a first pointer, and a second
 * argument that nobody reads is harmless.
 */
final class OpenMp implements AutoCloseable {

  private final LongPointer function;
  private final Pfn_notify__cl_program_Pointer caller;
  private final _cl_program threads;

  private OpenMp(Pointer address, int threads) {
    this.function = new LongPointer(address.address(), 0L);
    this.caller = new Pfn_notify__cl_program_Pointer(function);
    this.threads = new _cl_program(new Number(threads));
  }

  /** Sets {@code threads} at each {@link #apply}; null where the process has no OpenMP. */
  static @Nullable OpenMp of(int threads) {
    Pointer address = org.bytedeco.javacpp.Loader.addressof("omp_set_num_threads");
    return Pointer.isNull(address) ? null : new OpenMp(address, threads);
  }

  /** A number in the clothes of a pointer. */
  private static final class Number extends Pointer {
    Number(int value) {
      this.address = value;
    }
  }

  void apply() {
    caller.call(threads, null);
  }

  @Override
  public void close() {
    caller.close();
    function.close();
  }
}
