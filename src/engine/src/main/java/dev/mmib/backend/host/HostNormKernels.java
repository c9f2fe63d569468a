package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.NormKernels;
import org.jspecify.annotations.Nullable;

/** Normalizations in plain Java; sums and statistics in double precision. */
public class HostNormKernels implements NormKernels {

  private final HostSoftmax softmax;
  private final HostLayerNorm layerNorm;
  private final HostResidualSum residualSum;
  private final HostRowNorm rowNorm;
  private final HostBatchNorm batchNorm;

  public HostNormKernels(Workers workers) {
    this.softmax = new HostSoftmax(workers);
    this.layerNorm = new HostLayerNorm(workers);
    this.residualSum = new HostResidualSum(workers);
    this.rowNorm = new HostRowNorm(workers);
    this.batchNorm = new HostBatchNorm(workers);
  }

  @Override
  public void softmax(Buffer x, Buffer y, int rows, int cols) {
    softmax.softmax(floats(x), floats(y), rows, cols);
  }

  @Override
  public void softmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    softmax.softmaxGrad(floats(y), floats(dy), floats(dx), rows, cols);
  }

  @Override
  public void logSoftmax(Buffer x, Buffer y, int rows, int cols) {
    softmax.logSoftmax(floats(x), floats(y), rows, cols);
  }

  @Override
  public void logSoftmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    softmax.logSoftmaxGrad(floats(y), floats(dy), floats(dx), rows, cols);
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
    layerNorm.forward(x, gamma, beta, eps, y, mean, invStd, rows, cols);
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
    layerNorm.backwardData(x, gamma, mean, invStd, dy, dx, rows, cols);
    layerNorm.backwardWeights(x, mean, invStd, dy, dgamma, dbeta, rows, cols);
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
    layerNorm.forward(sum, gamma, beta, eps, y, mean, invStd, rows, cols);
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
    rowNorm.forward(floats(x), floats(y), floats(invNorm), rows, cols);
  }

  @Override
  public void normalizeRowsGrad(
      Buffer y, Buffer invNorm, Buffer dy, Buffer dx, int rows, int cols) {
    rowNorm.backward(floats(y), floats(invNorm), floats(dy), floats(dx), rows, cols);
  }

  @Override
  public void batchStatistics(Channels size, Buffer x, Buffer mean, Buffer variance) {
    batchNorm.statistics(size, floats(x), floats(mean), floats(variance));
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
    batchNorm.forward(size, x, mean, variance, gamma, beta, eps, y);
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
    batchNorm.backward(size, x, mean, variance, gamma, eps, statisticsOfX, dy, dx, dgamma, dbeta);
  }
}
