package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import org.junit.jupiter.api.AfterEach;

/**
 * A device by oneDNN, for tests of its kernels against straightforward loops in double precision.
 */
abstract class OneDnnFixture {

  static final double ROUNDING = 0x1p-23;

  final CpuBackend cpu;
  final Numbers numbers = new Numbers();

  OneDnnFixture(boolean sgemm) {
    cpu = new CpuBackend(2, new OffHeapMemory(), sgemm);
  }

  @AfterEach
  void close() {
    cpu.close();
  }

  Buffer room(int length) {
    return cpu.allocate(DType.F32, length);
  }
}
