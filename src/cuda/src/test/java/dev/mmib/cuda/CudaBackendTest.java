package dev.mmib.cuda;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendContract;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every kernel of the GPU against the double-precision reference. */
@Tag("gpu")
class CudaBackendTest extends BackendContract {

  @Override
  public Backend open() {
    return Gpu.open();
  }

  @Test
  @Override
  public void saysThatThereIsNoMemory() {
    // A GPU may well hold the largest buffer of all: CudaLifeTest takes more of them than there
    // are.
    Assumptions.assumeTrue(Gpu.isStandIn(), "for a device with less memory than a buffer's most");
    super.saysThatThereIsNoMemory();
  }
}
