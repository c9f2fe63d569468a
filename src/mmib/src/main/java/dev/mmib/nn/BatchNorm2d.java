package dev.mmib.nn;

import dev.mmib.op.Convolution;
import dev.mmib.op.Normalization;
import dev.mmib.op.ResidualBatchNorm;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalization of the channels of pictures.
 *
 * @param weight [channels]
 * @param bias [channels]
 * @param runningMean [channels], changed by a pass with batch statistics
 * @param runningVar [channels], likewise
 */
public record BatchNorm2d(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVar) {

  /** What the channels are normalized by. */
  public enum Statistics {
    /** The running ones, which stay as they are: inference. */
    RUNNING,
    /** Those of the batch, and the running ones move towards them: training. */
    BATCH
  }

  private static final double EPS = 1e-5;
  private static final double MOMENTUM = 0.1;

  public static BatchNorm2d of(Parameters at, int channels) {
    return new BatchNorm2d(
        at.add("weight", Initializer.ONES, channels),
        at.add("bias", Initializer.ZEROS, channels),
        at.buffer("running_mean", Initializer.ZEROS, channels),
        at.buffer("running_var", Initializer.ONES, channels));
  }

  /** The norm by the running statistics. */
  Convolution.Norm running() {
    return new Convolution.Norm(weight, bias, runningMean, runningVar, EPS);
  }

  /** [batch, channels, height, width] → the same. */
  public Tensor forward(Tensor x, Statistics statistics) {
    return statistics == Statistics.RUNNING
        ? Normalization.batchNorm(x, weight, bias, runningMean, runningVar, EPS)
        : training(x, null, false);
  }

  /** By the statistics of the batch, plus {@code residual} if there is one, maybe rectified. */
  public Tensor training(Tensor x, @Nullable Tensor residual, boolean relu) {
    var normalized = ResidualBatchNorm.batchNormTraining(x, weight, bias, EPS, residual, relu);
    long count = x.shape().size() / x.shape().dim(1);
    move(runningMean, normalized.mean(), 1);
    // The running variance is unbiased, the one that normalizes is not.
    move(runningVar, normalized.variance(), (double) count / Math.max(1, count - 1));
    return normalized.y();
  }

  /** {@code running = 0.9 · running + 0.1 · scale · observed}, in place. */
  private static void move(Tensor running, Tensor observed, double scale) {
    var scope = Scope.current();
    var kernels = scope.backend().elementwise();
    var step = scope.allocate(observed.shape());
    kernels.affine(observed.buffer(), MOMENTUM * scale, 0, step.buffer());
    kernels.affine(running.buffer(), 1 - MOMENTUM, 0, running.buffer());
    kernels.accumulate(step.buffer(), running.buffer());
  }
}
