package dev.mmib.nd4j;

import dev.mmib.backend.AttentionContract;
import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendContract;
import dev.mmib.backend.MatMulContract;
import dev.mmib.cpu.OffHeapMemory;
import org.junit.jupiter.api.Nested;

class Nd4jBackendTest {

  /** A backend of two threads, whatever this CPU is; ND4J itself is loaded by whoever opens it. */
  static Backend open(int threads, boolean small) {
    Natives.load()
        .ifPresent(
            problem -> {
              throw new IllegalStateException(problem);
            });
    return new Nd4jBackend(threads, new OffHeapMemory(), Variant.ONEDNN, small);
  }

  /** As with AVX-512: weights of inference in panels, products by small kernels. */
  @Nested
  class WithSmallProducts extends BackendContract {
    @Override
    public Backend open() {
      return Nd4jBackendTest.open(2, true);
    }
  }

  /** As elsewhere: weights as they lie. */
  @Nested
  class WithoutSmallProducts implements MatMulContract, AttentionContract {
    @Override
    public Backend open() {
      return Nd4jBackendTest.open(2, false);
    }
  }
}
