package dev.mmib.jmh.limit;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import org.bytedeco.javacpp.Loader;

/** The number of threads of the process's OpenMP, for calls of the current thread. */
final class OpenMpThreads {

  private OpenMpThreads() {}

  /** Once a library that uses OpenMP was loaded. */
  static void use(int threads) {
    Loader.load(org.bytedeco.dnnl.global.dnnl.class);
    var address = Loader.addressof("omp_set_num_threads");
    if (address == null || address.isNull()) {
      throw new IllegalStateException("OpenMP: no omp_set_num_threads in the process");
    }
    Function.getFunction(new Pointer(address.address())).invokeVoid(new Object[] {threads});
  }
}
