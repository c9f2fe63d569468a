package dev.mmib.nd4j;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendContract;
import dev.mmib.backend.Device;

class Nd4jBackendTest extends BackendContract {

  @Override
  public Backend open() {
    return new Nd4jProvider().open(Device.Options.threads(2));
  }
}
