package dev.mmib.cpu;

import org.junit.jupiter.api.Nested;

/** What oneDNN serves; products in both ways: by sgemm as on x86-64, by primitives as elsewhere. */
class OneDnnKernelsTest {

  @Nested
  class ProductsBySgemm extends OneDnnProducts {
    ProductsBySgemm() {
      super(true);
    }
  }

  @Nested
  class ProductsByPrimitives extends OneDnnProducts {
    ProductsByPrimitives() {
      super(false);
    }
  }

  @Nested
  class AttentionBySgemm extends OneDnnAttention {
    AttentionBySgemm() {
      super(true);
    }
  }

  @Nested
  class AttentionByPrimitives extends OneDnnAttention {
    AttentionByPrimitives() {
      super(false);
    }
  }

  @Nested
  class Convolutions extends OneDnnConvolutions {}

  @Nested
  class Rows extends OneDnnRows {}
}
