package dev.mmib.op;

import dev.mmib.backend.kernel.NormKernels.Channels;
import dev.mmib.op.Normalization.BatchNormTraining;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Batch normalization in training with what follows it in a residual network. */
public final class ResidualBatchNorm {

  private ResidualBatchNorm() {}

  /**
   * Batch norm by the statistics of the batch, a sum, and a rectifier.
   *
   * <pre>
   *   y = relu(batchNorm(x) + residual)
   *   g = dy where y > 0, else 0
   *   dresidual = g,  dx, dgamma and dbeta as {@link Normalization#batchNormTraining} has them of g
   * </pre>
   *
   * <p>In one pass where the device has a kernel for it.
   *
   * @param x [batch, channels, ..]
   * @param residual like x, or null
   * @param relu whether the sum is rectified
   */
  public static BatchNormTraining batchNormTraining(
      Tensor x, Tensor gamma, Tensor beta, double eps, @Nullable Tensor residual, boolean relu) {
    if (residual != null) {
      Checks.requireShape("batchNormTraining", "residual", residual, x.shape());
    }
    var scope = Scope.current();
    int rank = x.shape().rank();
    var size =
        rank < 2
            ? new Channels(0, 0, 0) // refused below
            : new Channels(x.shape().dim(0), x.shape().dim(1), x.shape().product(2, rank));
    if (!scope.backend().norm().fusesBatchNorm(size)) {
      var plain = Normalization.batchNormTraining(x, gamma, beta, eps);
      var sum = residual == null ? plain.y() : Arithmetic.add(plain.y(), residual);
      return new BatchNormTraining(
          relu ? Activation.relu(sum) : sum, plain.mean(), plain.variance());
    }
    for (var weight : new Tensor[] {gamma, beta}) {
      Checks.requireShape("batchNormTraining", "weight", weight, Shape.of(size.channels()));
    }
    var y = scope.allocate(x.shape());
    var mean = scope.allocate(gamma.shape());
    var variance = scope.allocate(gamma.shape());
    scope
        .backend()
        .norm()
        .batchNormTraining(
            size,
            x.buffer(),
            gamma.buffer(),
            beta.buffer(),
            eps,
            residual == null ? null : residual.buffer(),
            relu,
            y.buffer(),
            mean.buffer(),
            variance.buffer());
    Tape.recordJointly(
        "residualBatchNorm",
        y,
        Arrays.asList(x, residual, gamma, beta),
        needed ->
            dy -> {
              var inner = Scope.current();
              @Nullable Tensor dx = needed[0] ? inner.allocate(x.shape()) : null;
              // Without a rectifier between them it is dy itself.
              @Nullable Tensor dresidual =
                  !needed[1] ? null : relu ? inner.allocate(x.shape()) : dy;
              var dgamma = inner.allocate(gamma.shape());
              var dbeta = inner.allocate(beta.shape());
              inner
                  .backend()
                  .norm()
                  .batchNormTrainingGrad(
                      size,
                      x.buffer(),
                      mean.buffer(),
                      variance.buffer(),
                      gamma.buffer(),
                      beta.buffer(),
                      eps,
                      residual != null,
                      relu,
                      y.buffer(),
                      dy.buffer(),
                      dx == null ? null : dx.buffer(),
                      dresidual == null || dresidual == dy ? null : dresidual.buffer(),
                      dgamma.buffer(),
                      dbeta.buffer());
              return Arrays.asList(dx, dresidual, dgamma, dbeta);
            });
    return new BatchNormTraining(y, mean, variance);
  }
}
