package dev.mmib.backend;

import dev.mmib.backend.java.JavaBackend;

class JavaBackendTest extends BackendContract {

  @Override
  public Backend open() {
    return new JavaBackend(2);
  }
}
