package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.NormKernels;
import org.jspecify.annotations.Nullable;

public final class HostNormKernels implements NormKernels {
  private final Workers workers;

  public HostNormKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void softmax(Buffer x, Buffer y, int rows, int cols) {
    throw new UnsupportedOperationException("Norm");
  }

  @Override
  public void softmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    throw new UnsupportedOperationException("Norm");
  }

  @Override
  public void logSoftmax(Buffer x, Buffer y, int rows, int cols) {
    throw new UnsupportedOperationException("Norm");
  }

  @Override
  public void logSoftmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    throw new UnsupportedOperationException("Norm");
  }

  @Override
  public void layerNorm(
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    throw new UnsupportedOperationException("Norm");
  }

  @Override
  public void layerNormGrad(
      Buffer x,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    throw new UnsupportedOperationException("Norm");
  }

  @Override
  public void batchStatistics(Channels size, Buffer x, Buffer mean, Buffer variance) {
    throw new UnsupportedOperationException("Norm");
  }

  @Override
  public void batchNorm(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y) {
    throw new UnsupportedOperationException("Norm");
  }

  @Override
  public void batchNormGrad(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      double eps,
      boolean statisticsOfX,
      Buffer dy,
      @Nullable Buffer dx,
      Buffer dgamma,
      Buffer dbeta) {
    throw new UnsupportedOperationException("Norm");
  }
}
