package dev.mmib.cpu;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendContract;

class CpuBackendTest extends BackendContract {

  @Override
  public Backend open() {
    return new CpuBackend(2);
  }
}
