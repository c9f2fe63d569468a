package dev.mmib.cpu;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendContract;
import org.junit.jupiter.api.Nested;

class CpuBackendTest {

  /** As on x86-64: products by oneDNN's sgemm. */
  @Nested
  class WithSgemm extends BackendContract {
    @Override
    public Backend open() {
      return new CpuBackend(2, new OffHeapMemory(), true);
    }
  }

  /** As elsewhere: products by oneDNN's primitives. */
  @Nested
  class WithPrimitives extends BackendContract {
    @Override
    public Backend open() {
      return new CpuBackend(2, new OffHeapMemory(), false);
    }
  }
}
