package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;
import org.jspecify.annotations.Nullable;

/** Losses that are computed from logits, one number a row. Outputs are overwritten. */
public interface LossKernels {

  /**
   * {@code loss[r] = −w[t] · logSoftmax(x[r])[t]} with t = targets[r]; 0 where t is negative.
   *
   * @param targets I32 [rows]
   * @param weights [cols], a weight per class, or null for 1
   */
  void crossEntropy(
      Buffer x, Buffer targets, @Nullable Buffer weights, Buffer loss, int rows, int cols);

  /** {@code dx[r] = w[t] · dloss[r] · (softmax(x[r]) − onehot(t))}; 0 where t is negative. */
  void crossEntropyGrad(
      Buffer x,
      Buffer targets,
      @Nullable Buffer weights,
      Buffer dloss,
      Buffer dx,
      int rows,
      int cols);

  /** {@code loss = softplus(x) − target ⊙ x}, pointwise: BCE of sigmoid(x), without overflow. */
  void binaryCrossEntropy(Buffer x, Buffer target, Buffer loss);

  /** {@code dx = dloss ⊙ (sigmoid(x) − target)}. */
  void binaryCrossEntropyGrad(Buffer x, Buffer target, Buffer dloss, Buffer dx);
}
