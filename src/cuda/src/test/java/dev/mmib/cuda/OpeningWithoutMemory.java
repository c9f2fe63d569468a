package dev.mmib.cuda;

import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxGetState;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import jcuda.driver.CUdevice;
import org.junit.jupiter.api.Test;

/** To be run where the device has less memory than a backend takes for itself. */
class OpeningWithoutMemory {

  @Test
  void leavesNothingOpen() {
    for (int round = 0; round < 3; round++) {
      var e = assertThrows(MmibException.class, Gpu::open);
      assertEquals(ErrorCode.OUT_OF_MEMORY, e.code());
      assertEquals(0, e.getSuppressed().length);
      assertEquals(0, contexts());
    }
  }

  /** 1 while somebody holds the device's context. */
  private static int contexts() {
    var device = new CUdevice();
    var active = new int[1];
    assertEquals(0, cuDeviceGet(device, 0));
    assertEquals(0, cuDevicePrimaryCtxGetState(device, new int[1], active));
    return active[0];
  }
}
