package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.OptimizerKernels;

public final class HostOptimizerKernels implements OptimizerKernels {
  private final Workers workers;

  public HostOptimizerKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void adam(AdamStep step, Buffer parameter, Buffer gradient, Buffer m, Buffer v) {
    throw new UnsupportedOperationException("Optimizer");
  }

  @Override
  public double sumOfSquares(Buffer x) {
    throw new UnsupportedOperationException("Optimizer");
  }
}
