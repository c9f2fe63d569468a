package dev.mmib.op;

import dev.mmib.backend.kernel.NormKernels.Channels;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Layer normalization and batch normalization; variances are biased (divided by n). */
public final class Normalization {

  private Normalization() {}

  /**
   * Layer normalization along the last axis (Ba, Kiros, Hinton 2016).
   *
   * <pre>
   *   x̂  = (x − mean x) / √(var x + eps)
   *   y  = gamma ⊙ x̂ + beta
   *   g  = gamma ⊙ dy,  dx = (g − mean g − x̂ ⊙ mean(g⊙x̂)) / √(var x + eps)
   *   dgamma = Σ dy⊙x̂,  dbeta = Σ dy      over all rows
   * </pre>
   *
   * @param x [.., cols]
   * @param gamma [cols]
   * @param beta [cols]
   */
  public static Tensor layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps) {
    int cols = x.shape().last();
    requireWeights("layerNorm", x, cols, gamma, beta);
    int rows = x.shape().size() / cols;
    var scope = Scope.current();
    var y = scope.allocate(x.shape());
    var mean = scope.allocate(Shape.of(rows));
    var invStd = scope.allocate(Shape.of(rows));
    scope
        .backend()
        .norm()
        .layerNorm(
            x.buffer(),
            gamma.buffer(),
            beta.buffer(),
            eps,
            y.buffer(),
            mean.buffer(),
            invStd.buffer(),
            rows,
            cols);
    return Tape.recordJointly(
        "layerNorm",
        y,
        List.of(x, gamma, beta),
        needed ->
            dy -> {
              var inner = Scope.current();
              var dx = inner.allocate(x.shape());
              var dgamma = inner.allocate(gamma.shape());
              var dbeta = inner.allocate(beta.shape());
              inner
                  .backend()
                  .norm()
                  .layerNormGrad(
                      x.buffer(),
                      gamma.buffer(),
                      mean.buffer(),
                      invStd.buffer(),
                      dy.buffer(),
                      dx.buffer(),
                      dgamma.buffer(),
                      dbeta.buffer(),
                      rows,
                      cols);
              return List.of(dx, dgamma, dbeta);
            });
  }

  /**
   * Layer normalization of a sum with what {@link Regularization#dropout} leaves: the end of a
   * transformer's sublayer.
   *
   * <pre>
   *   s  = residual + dropout(x)
   *   y  = layerNorm(s)
   *   dresidual = ds,  dx = dropout(ds)       the same elements dropped again
   * </pre>
   *
   * @param x [.., cols]
   * @param residual of the same shape
   * @param dropout probability of being dropped, in a TRAIN scope only
   */
  public static Tensor residualLayerNorm(
      Tensor x, Tensor residual, Tensor gamma, Tensor beta, double eps, double dropout) {
    Checks.requireShape("residualLayerNorm", "residual", residual, x.shape());
    int cols = x.shape().last();
    requireWeights("residualLayerNorm", x, cols, gamma, beta);
    int rows = x.shape().size() / cols;
    var mask = Regularization.mask(dropout);
    var scope = Scope.current();
    var sum = scope.allocate(x.shape());
    var y = scope.allocate(x.shape());
    var mean = scope.allocate(Shape.of(rows));
    var invStd = scope.allocate(Shape.of(rows));
    scope
        .backend()
        .norm()
        .residualLayerNorm(
            mask,
            x.buffer(),
            residual.buffer(),
            gamma.buffer(),
            beta.buffer(),
            eps,
            sum.buffer(),
            y.buffer(),
            mean.buffer(),
            invStd.buffer(),
            rows,
            cols);
    return Tape.recordJointly(
        "residualLayerNorm",
        y,
        List.of(x, residual, gamma, beta),
        needed ->
            dy -> {
              var inner = Scope.current();
              var dresidual = inner.allocate(x.shape());
              var dx = mask.isNone() ? dresidual : inner.allocate(x.shape());
              var dgamma = inner.allocate(gamma.shape());
              var dbeta = inner.allocate(beta.shape());
              inner
                  .backend()
                  .norm()
                  .residualLayerNormGrad(
                      mask,
                      sum.buffer(),
                      gamma.buffer(),
                      mean.buffer(),
                      invStd.buffer(),
                      dy.buffer(),
                      dx.buffer(),
                      dresidual.buffer(),
                      dgamma.buffer(),
                      dbeta.buffer(),
                      rows,
                      cols);
              return List.of(dx, dresidual, dgamma, dbeta);
            });
  }

  /**
   * Batch normalization by given statistics, as at inference.
   *
   * <pre>
   *   x̂  = (x − mean) / √(variance + eps),  y = gamma ⊙ x̂ + beta      per channel
   *   dx = gamma ⊙ dy / √(variance + eps),  dgamma = Σ dy⊙x̂,  dbeta = Σ dy
   * </pre>
   *
   * @param x [batch, channels, ..]
   * @param mean [channels], a constant
   * @param variance [channels], a constant
   */
  public static Tensor batchNorm(
      Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor variance, double eps) {
    var size = channels(x);
    requireWeights("batchNorm", x, size.channels(), gamma, beta, mean, variance);
    Tape.forwardOnly("batchNorm statistics", mean, mean, variance);
    return batchNorm("batchNorm", size, x, gamma, beta, mean, variance, eps, false);
  }

  /**
   * The outcome of batch normalization in training.
   *
   * @param y the normalized input
   * @param mean [channels], of this batch; a constant
   * @param variance [channels], of this batch, biased; a constant
   */
  public record BatchNormTraining(Tensor y, Tensor mean, Tensor variance) {}

  /**
   * Batch normalization by the statistics of the batch itself (Ioffe and Szegedy 2015).
   *
   * <pre>
   *   x̂  = (x − mean x) / √(var x + eps),  y = gamma ⊙ x̂ + beta       per channel
   *   dx = gamma / √(var x + eps) ⊙ (dy − mean dy − x̂ ⊙ mean(dy⊙x̂))
   *   dgamma = Σ dy⊙x̂,  dbeta = Σ dy
   * </pre>
   *
   * @param x [batch, channels, ..]
   */
  public static BatchNormTraining batchNormTraining(
      Tensor x, Tensor gamma, Tensor beta, double eps) {
    var size = channels(x);
    requireWeights("batchNormTraining", x, size.channels(), gamma, beta);
    var scope = Scope.current();
    var mean = scope.allocate(gamma.shape());
    var variance = scope.allocate(gamma.shape());
    scope.backend().norm().batchStatistics(size, x.buffer(), mean.buffer(), variance.buffer());
    var y = batchNorm("batchNormTraining", size, x, gamma, beta, mean, variance, eps, true);
    return new BatchNormTraining(y, mean, variance);
  }

  private static Tensor batchNorm(
      String op,
      Channels size,
      Tensor x,
      Tensor gamma,
      Tensor beta,
      Tensor mean,
      Tensor variance,
      double eps,
      boolean statisticsOfX) {
    var scope = Scope.current();
    var y = scope.allocate(x.shape());
    scope
        .backend()
        .norm()
        .batchNorm(
            size,
            x.buffer(),
            mean.buffer(),
            variance.buffer(),
            gamma.buffer(),
            beta.buffer(),
            eps,
            y.buffer());
    return Tape.recordJointly(
        op,
        y,
        List.of(x, gamma, beta),
        needed ->
            dy -> {
              var inner = Scope.current();
              @Nullable Tensor dx = needed[0] ? inner.allocate(x.shape()) : null;
              var dgamma = inner.allocate(gamma.shape());
              var dbeta = inner.allocate(beta.shape());
              inner
                  .backend()
                  .norm()
                  .batchNormGrad(
                      size,
                      x.buffer(),
                      mean.buffer(),
                      variance.buffer(),
                      gamma.buffer(),
                      eps,
                      statisticsOfX,
                      dy.buffer(),
                      dx == null ? null : dx.buffer(),
                      dgamma.buffer(),
                      dbeta.buffer());
              return Arrays.asList(dx, dgamma, dbeta);
            });
  }

  private static Channels channels(Tensor x) {
    var shape = x.shape();
    if (shape.rank() < 2) {
      throw new IllegalArgumentException("batchNorm: " + shape + " vs [batch, channels, ..]");
    }
    return new Channels(shape.dim(0), shape.dim(1), shape.product(2, shape.rank()));
  }

  private static void requireWeights(String op, Tensor x, int length, Tensor... weights) {
    for (var w : weights) {
      if (!w.shape().equals(Shape.of(length))) {
        throw new IllegalArgumentException(
            op + ": weights " + w.shape() + " vs [" + length + "] for x " + x.shape());
      }
    }
  }
}
