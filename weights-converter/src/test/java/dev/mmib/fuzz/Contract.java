package dev.mmib.fuzz;

import com.sun.management.ThreadMXBean;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.lang.management.ManagementFactory;

/**
 * What every reader owes for any bytes: a value or the library's error, and memory in proportion.
 *
 * <p>Memory is all that the reading thread allocated, garbage included. A number in a file that was
 * believed before it was compared with the file shows here at once, as inputs are small.
 */
final class Contract {

  /** What an input may cost whatever its size: buffers, channels, messages. */
  private static final long CONSTANT = 4L << 20;

  /** What each byte of it may cost: a JSON value, a name, a word piece and their copies. */
  private static final long PER_BYTE = 512;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Reads an input. */
  interface Reading {
    void run();
  }

  private Contract() {}

  /** Fails on any other exception than the library's, on its code for bugs, and on much memory. */
  static void hold(int bytes, Reading reading) {
    long most = CONSTANT + PER_BYTE * bytes;
    long allocated = allocated(reading);
    if (allocated > most) {
      // What is allocated once for all, such as by the initialization of a class, is gone from the
      // second measure.
      allocated = allocated(reading);
    }
    if (allocated > most) {
      throw new AssertionError(bytes + " bytes of input made " + allocated + " of garbage");
    }
  }

  private static long allocated(Reading reading) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      reading.run();
    } catch (MmibException e) {
      if (e.code() == ErrorCode.BUG || e.what().isBlank()) {
        throw new AssertionError("not an error of an input", e);
      }
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
