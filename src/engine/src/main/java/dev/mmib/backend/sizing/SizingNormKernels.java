package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.NormKernels;
import dev.mmib.backend.kernel.NormKernels.Channels;
import org.jspecify.annotations.Nullable;

/** Normalizations of sizes; what goes in one pass is told by the device. */
final class SizingNormKernels implements NormKernels {

  private final NormKernels device;

  SizingNormKernels(NormKernels device) {
    this.device = device;
  }

  @Override
  public void softmax(Buffer x, Buffer y, int rows, int cols) {
    requireOpen(x, y);
  }

  @Override
  public void softmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    requireOpen(y, dy, dx);
  }

  @Override
  public void logSoftmax(Buffer x, Buffer y, int rows, int cols) {
    requireOpen(x, y);
  }

  @Override
  public void logSoftmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    requireOpen(y, dy, dx);
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
    requireOpen(x, gamma, beta, y, mean, invStd);
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
    requireOpen(x, gamma, mean, invStd, dy, dx, dgamma, dbeta);
  }

  @Override
  public void residualLayerNorm(
      Dropout dropout,
      Buffer x,
      Buffer residual,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer sum,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    requireOpen(x, residual, gamma, beta, sum, y, mean, invStd);
  }

  @Override
  public void residualLayerNormGrad(
      Dropout dropout,
      Buffer sum,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Buffer dresidual,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    requireOpen(sum, gamma, mean, invStd, dy, dx, dresidual, dgamma, dbeta);
  }

  @Override
  public void normalizeRows(Buffer x, Buffer y, Buffer invNorm, int rows, int cols) {
    requireOpen(x, y, invNorm);
  }

  @Override
  public void normalizeRowsGrad(
      Buffer y, Buffer invNorm, Buffer dy, Buffer dx, int rows, int cols) {
    requireOpen(y, invNorm, dy, dx);
  }

  @Override
  public void batchStatistics(Channels size, Buffer x, Buffer mean, Buffer variance) {
    requireOpen(x, mean, variance);
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
    requireOpen(x, mean, variance, gamma, beta, y);
  }

  @Override
  public boolean fusesBatchNorm(Channels size) {
    return device.fusesBatchNorm(size);
  }

  @Override
  public void batchNormTraining(
      Channels size,
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      @Nullable Buffer residual,
      boolean relu,
      Buffer y,
      Buffer mean,
      Buffer variance) {
    requireOpen(x, gamma, beta, y, mean, variance);
    if (residual != null) {
      requireOpen(residual);
    }
  }

  @Override
  public void batchNormTrainingGrad(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      Buffer beta,
      double eps,
      boolean hasResidual,
      boolean relu,
      Buffer y,
      Buffer dy,
      @Nullable Buffer dx,
      @Nullable Buffer dresidual,
      Buffer dgamma,
      Buffer dbeta) {
    requireOpen(x, mean, variance, gamma, beta, y, dy, dgamma, dbeta);
    for (var out : new @Nullable Buffer[] {dx, dresidual}) {
      if (out != null) {
        requireOpen(out);
      }
    }
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
    requireOpen(x, mean, variance, gamma, dy, dgamma, dbeta);
  }
}
