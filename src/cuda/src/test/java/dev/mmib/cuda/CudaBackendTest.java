package dev.mmib.cuda;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendContract;
import org.junit.jupiter.api.Tag;

/** Every kernel of the GPU against the double-precision reference. */
@Tag("gpu")
class CudaBackendTest extends BackendContract {

  @Override
  public Backend open() {
    return Gpu.open();
  }
}
