package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.host.HostResidualSum;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.NormKernels;
import org.jspecify.annotations.Nullable;

/**
 * Softmax and layer norm by oneDNN.
 *
 * <p>The logarithm of softmax is the host's, and so is batch norm unless its input lies in blocks:
 * oneDNN's are good to 10⁻⁵ only.
 */
final class OneDnnNormKernels implements NormKernels {

  private final OneDnnSoftmax softmax;
  private final OneDnnLayerNorm layerNorm;
  private final NormKernels host;
  private final Arranger arranger;
  private final BlockedBatchNorm batchNorm;
  private final int block;

  OneDnnNormKernels(OneDnn oneDnn, NormKernels host, Workers workers, Arranger arranger) {
    this.arranger = arranger;
    this.batchNorm = new BlockedBatchNorm(workers);
    this.block = Arranger.block();
    this.softmax = new OneDnnSoftmax(oneDnn);
    this.layerNorm = new OneDnnLayerNorm(oneDnn);
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
      layerNorm.forward(OneDnnLayerNorm.NOTHING, x, gamma, beta, eps, y, mean, invStd, rows, cols);
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
      layerNorm.backward(
          x, gamma, mean, invStd, dy, dx, OneDnnLayerNorm.NOTHING, dgamma, dbeta, rows, cols);
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
    if (rows == 0 || cols == 0) {
      host.residualLayerNorm(
          dropout, x, residual, gamma, beta, eps, sum, y, mean, invStd, rows, cols);
      return;
    }
    var add = HostResidualSum.forwardPart(dropout, x, residual, sum);
    layerNorm.forward(add, sum, gamma, beta, eps, y, mean, invStd, rows, cols);
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
    if (rows == 0 || cols == 0) {
      host.residualLayerNormGrad(
          dropout, sum, gamma, mean, invStd, dy, dx, dresidual, dgamma, dbeta, rows, cols);
      return;
    }
    var drop = HostResidualSum.backwardPart(dropout, dresidual, dx);
    layerNorm.backward(sum, gamma, mean, invStd, dy, dresidual, drop, dgamma, dbeta, rows, cols);
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

  /** The blocks in which x lies; null if it does not lie in any that fit. */
  private static @Nullable ChannelBlocks order(Channels size, Buffer x) {
    var order = Arranger.blocksOf(x);
    boolean fits =
        order != null
            && order.batch() == size.batch()
            && order.channels() == size.channels()
            && order.places() == size.spatial();
    return fits ? order : null;
  }

  @Override
  public void batchStatistics(Channels size, Buffer x, Buffer mean, Buffer variance) {
    var order = order(size, x);
    if (order == null) {
      host.batchStatistics(size, x, mean, variance);
    } else {
      batchNorm.statistics(
          order, arranger.reading(x, order), HostBuffer.floats(mean), HostBuffer.floats(variance));
    }
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
    var order = order(size, x);
    if (order == null) {
      host.batchNorm(size, x, mean, variance, gamma, beta, eps, y);
    } else {
      batchNorm.forward(
          order,
          arranger.reading(x, order),
          norm(mean, variance, gamma, eps),
          Arranger.plain(beta),
          null,
          false,
          Arranger.writing(y, order));
    }
  }

  private static BlockedBatchNorm.Norm norm(
      Buffer mean, Buffer variance, Buffer gamma, double eps) {
    return new BlockedBatchNorm.Norm(
        Arranger.plain(mean), Arranger.plain(variance), Arranger.plain(gamma), eps);
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
    var order = order(size, x);
    if (order == null) {
      host.batchNormGrad(size, x, mean, variance, gamma, eps, statisticsOfX, dy, dx, dgamma, dbeta);
    } else {
      batchNorm.backward(
          order,
          arranger.reading(x, order),
          norm(mean, variance, gamma, eps),
          new BlockedBatchNorm.Way(null, null, statisticsOfX),
          arranger.reading(dy, order),
          dx == null ? null : Arranger.writing(dx, order),
          null,
          HostBuffer.floats(dgamma),
          HostBuffer.floats(dbeta));
    }
  }

  @Override
  public boolean fusesBatchNorm(Channels size) {
    return block > 0
        && size.channels() > 0
        && size.channels() % block == 0
        && (long) size.batch() * size.spatial() > 0;
  }

  private ChannelBlocks blocks(Channels size) {
    return new ChannelBlocks(size.batch(), size.channels(), size.spatial(), block);
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
    var order = blocks(size);
    batchNorm.training(
        order,
        arranger.reading(x, order),
        new BlockedBatchNorm.Norm(
            HostBuffer.floats(mean), HostBuffer.floats(variance), Arranger.plain(gamma), eps),
        Arranger.plain(beta),
        residual == null ? null : arranger.reading(residual, order),
        relu,
        Arranger.writing(y, order));
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
    var order = blocks(size);
    var way =
        new BlockedBatchNorm.Way(
            relu && hasResidual ? arranger.reading(y, order) : null,
            relu && !hasResidual ? Arranger.plain(beta) : null,
            true);
    batchNorm.backward(
        order,
        arranger.reading(x, order),
        norm(mean, variance, gamma, eps),
        way,
        arranger.reading(dy, order),
        dx == null ? null : Arranger.writing(dx, order),
        dresidual == null ? null : Arranger.writing(dresidual, order),
        HostBuffer.floats(dgamma),
        HostBuffer.floats(dbeta));
  }
}
