package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostResidualSum;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.NormKernels;
import org.jspecify.annotations.Nullable;

/**
 * Softmax and layer norm by oneDNN.
 *
 * <p>Batch norm and the logarithm of softmax are the host's: oneDNN's is good to 10⁻⁵ only.
 */
final class OneDnnNormKernels implements NormKernels {

  private final OneDnnSoftmax softmax;
  private final OneDnnLayerNorm layerNorm;
  private final HostResidualSum residualSum;
  private final NormKernels host;

  OneDnnNormKernels(OneDnn oneDnn, NormKernels host, Workers workers) {
    this.softmax = new OneDnnSoftmax(oneDnn);
    this.layerNorm = new OneDnnLayerNorm(oneDnn);
    this.residualSum = new HostResidualSum(workers);
    this.host = host;
  }

  @Override
  public void softmax(Buffer x, Buffer y, int rows, int cols) {
    if (rows > 0 && cols > 0) {
      softmax.forward(x, y, rows, cols);
    }
  }

  @Override
  public void softmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    if (rows > 0 && cols > 0) {
      softmax.backward(y, dy, dx, rows, cols);
    }
  }

  @Override
  public void logSoftmax(Buffer x, Buffer y, int rows, int cols) {
    host.logSoftmax(x, y, rows, cols);
  }

  @Override
  public void logSoftmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    host.logSoftmaxGrad(y, dy, dx, rows, cols);
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
    if (rows == 0 || cols == 0) {
      host.layerNorm(x, gamma, beta, eps, y, mean, invStd, rows, cols);
    } else {
      layerNorm.forward(x, gamma, beta, eps, y, mean, invStd, rows, cols);
    }
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
    if (rows == 0 || cols == 0) {
      host.layerNormGrad(x, gamma, mean, invStd, dy, dx, dgamma, dbeta, rows, cols);
    } else {
      layerNorm.backward(x, gamma, mean, invStd, dy, dx, dgamma, dbeta, rows, cols);
    }
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
    residualSum.forward(dropout, x, residual, sum);
    layerNorm(sum, gamma, beta, eps, y, mean, invStd, rows, cols);
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
    layerNormGrad(sum, gamma, mean, invStd, dy, dresidual, dgamma, dbeta, rows, cols);
    residualSum.backward(dropout, dresidual, dx);
  }

  @Override
  public void normalizeRows(Buffer x, Buffer y, Buffer invNorm, int rows, int cols) {
    host.normalizeRows(x, y, invNorm, rows, cols);
  }

  @Override
  public void normalizeRowsGrad(
      Buffer y, Buffer invNorm, Buffer dy, Buffer dx, int rows, int cols) {
    host.normalizeRowsGrad(y, invNorm, dy, dx, rows, cols);
  }

  @Override
  public void batchStatistics(Channels size, Buffer x, Buffer mean, Buffer variance) {
    host.batchStatistics(size, x, mean, variance);
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
    host.batchNorm(size, x, mean, variance, gamma, beta, eps, y);
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
    host.batchNormGrad(size, x, mean, variance, gamma, eps, statisticsOfX, dy, dx, dgamma, dbeta);
  }
}
