package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;

/** Sums. Every method overwrites its last buffer. */
public interface ReductionKernels {

  /** {@code y[o, i] = Σₐ x[o, a, i]}. */
  void sum(Buffer x, Buffer y, int outer, int axis, int inner);
}
