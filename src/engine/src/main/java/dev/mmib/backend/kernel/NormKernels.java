package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;
import org.jspecify.annotations.Nullable;

/** Normalizations. Every method overwrites its outputs. */
public interface NormKernels {

  /** {@code y = softmax(x)} along each of {@code rows} rows of {@code cols} floats. */
  void softmax(Buffer x, Buffer y, int rows, int cols);

  /** {@code dx = y ⊙ (dy − Σ dy⊙y)}, the sum taken along each row. */
  void softmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols);

  /** {@code y = x − log Σ exp x} along each row. */
  void logSoftmax(Buffer x, Buffer y, int rows, int cols);

  /** {@code dx = dy − exp(y) · Σ dy} along each row. */
  void logSoftmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols);

  /**
   * {@code y = (x − mean)/√(var + eps) ⊙ gamma + beta} along each row; the variance is biased.
   *
   * @param mean [rows], kept for the backward pass
   * @param invStd [rows], 1/√(var + eps), kept for the backward pass
   */
  void layerNorm(
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols);

  /**
   * With x̂ the normalized row and g = gamma⊙dy: {@code dx = invStd (g − mean g − x̂ mean(g⊙x̂))}.
   */
  void layerNormGrad(
      Buffer x,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols);

  /**
   * The end of a transformer's sublayer: {@code sum = residual + dropout(x)}, and y, mean and
   * invStd as {@link #layerNorm} makes them of the sum.
   *
   * @param sum [rows, cols], kept for the backward pass
   */
  void residualLayerNorm(
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
      int cols);

  /**
   * {@code dresidual} is the dx of {@link #layerNormGrad} at the sum, {@code dx =
   * dropout(dresidual)} with the same mask again; both may be the same buffer where nothing is
   * dropped.
   */
  void residualLayerNormGrad(
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
      int cols);

  /**
   * Rows of length 1: {@code invNorm[r] = 1/√(Σ x[r]² + 1e-24)}, {@code y[r] = x[r] · invNorm[r]}.
   *
   * @param invNorm [rows], kept for the backward pass
   */
  void normalizeRows(Buffer x, Buffer y, Buffer invNorm, int rows, int cols);

  /** {@code dx = invNorm · (dy − y Σ dy⊙y)}, the sum taken along each row. */
  void normalizeRowsGrad(Buffer y, Buffer invNorm, Buffer dy, Buffer dx, int rows, int cols);

  /** Sizes of a batch norm: x is [batch, channels, spatial]. */
  record Channels(int batch, int channels, int spatial) {}

  /** Mean and biased variance of every channel, both [channels]. */
  void batchStatistics(Channels size, Buffer x, Buffer mean, Buffer variance);

  /** {@code y = (x − mean)/√(variance + eps) ⊙ gamma + beta}, per channel. */
  void batchNorm(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y);

  /**
   * The gradient of {@link #batchNorm}.
   *
   * @param statisticsOfX whether mean and variance are those of x, so that the gradient flows
   *     through them (training), or constants (inference)
   * @param dx null if not wanted
   */
  void batchNormGrad(
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
      Buffer dbeta);

  /** Whether {@link #batchNormTraining} and its gradient serve this size; else they refuse. */
  default boolean fusesBatchNorm(Channels size) {
    return false;
  }

  /**
   * {@link #batchStatistics}, {@link #batchNorm} by them and what follows it in a residual network,
   * {@code y = f(batchNorm(x) + residual)}.
   *
   * @param residual like x; null for none
   * @param relu whether f is the rectifier or the identity
   * @param mean [channels], kept for the backward pass
   * @param variance [channels], biased, likewise
   */
  default void batchNormTraining(
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
    throw new UnsupportedOperationException("batchNorm: not fused for " + size);
  }

  /**
   * The gradient of {@link #batchNormTraining}.
   *
   * @param dx null if not wanted
   * @param dresidual the gradient behind f; null if not wanted
   */
  default void batchNormTrainingGrad(
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
    throw new UnsupportedOperationException("batchNorm: not fused for " + size);
  }
}
