package dev.mmib.nd4j;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendContract;

class Nd4jBackendTest extends BackendContract {

  @Override
  public Backend open() {
    return new Nd4jProvider().open(0, 2);
  }
}
