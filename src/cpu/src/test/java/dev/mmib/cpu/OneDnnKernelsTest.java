package dev.mmib.cpu;

import org.junit.jupiter.api.Nested;

class OneDnnKernelsTest {

  /** As on x86-64. */
  @Nested
  class WithSgemm extends OneDnnKernels {
    WithSgemm() {
      super(true);
    }
  }

  /** As elsewhere. */
  @Nested
  class WithPrimitives extends OneDnnKernels {
    WithPrimitives() {
      super(false);
    }
  }
}
