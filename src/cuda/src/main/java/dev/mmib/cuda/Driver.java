package dev.mmib.cuda;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import jcuda.driver.JCudaDriver;

/** What the CUDA driver's status numbers mean. */
final class Driver {

  static final int SUCCESS = 0;
  static final int OUT_OF_MEMORY = 2;

  private Driver() {}

  /**
   * Throws unless {@code status} is 0.
   *
   * @param call the driver's function
   */
  static void check(int status, String call) {
    if (status != SUCCESS) {
      throw failure(status, call);
    }
  }

  /** The error for a status other than 0. */
  static MmibException failure(int status, String call) {
    return MmibException.of(
        ErrorCode.DEVICE,
        "cuda: " + call + " gave " + name(status),
        status == 700 || status == 716 || status == 719
            ? "A kernel went wrong and the device is lost to this process: start it anew, and"
                + " report the case."
            : "Run `mmib doctor`; another program may be using the GPU, or the driver may be too"
                + " old.");
  }

  /** {@code CUDA_ERROR_OUT_OF_MEMORY (2): out of memory}. */
  static String name(int status) {
    var name = new String[1];
    var text = new String[1];
    boolean known =
        JCudaDriver.cuGetErrorName(status, name) == SUCCESS
            && JCudaDriver.cuGetErrorString(status, text) == SUCCESS;
    return known ? name[0] + " (" + status + "): " + text[0] : "status " + status;
  }
}
