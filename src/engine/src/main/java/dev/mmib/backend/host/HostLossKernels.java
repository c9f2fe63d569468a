package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.LossKernels;
import org.jspecify.annotations.Nullable;

public final class HostLossKernels implements LossKernels {
  private final Workers workers;

  public HostLossKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void crossEntropy(
      Buffer x, Buffer targets, @Nullable Buffer weights, Buffer loss, int rows, int cols) {
    throw new UnsupportedOperationException("Loss");
  }

  @Override
  public void crossEntropyGrad(
      Buffer x,
      Buffer targets,
      @Nullable Buffer weights,
      Buffer dloss,
      Buffer dx,
      int rows,
      int cols) {
    throw new UnsupportedOperationException("Loss");
  }

  @Override
  public void binaryCrossEntropy(Buffer x, Buffer target, Buffer loss) {
    throw new UnsupportedOperationException("Loss");
  }

  @Override
  public void binaryCrossEntropyGrad(Buffer x, Buffer target, Buffer dloss, Buffer dx) {
    throw new UnsupportedOperationException("Loss");
  }
}
