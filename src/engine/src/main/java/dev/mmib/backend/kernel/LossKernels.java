package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;
import org.jspecify.annotations.Nullable;

/** Losses that are computed from logits or scores. Outputs are overwritten. */
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

  /**
   * InfoNCE both ways, pair i matching i: {@code loss[0] = −½ (meanᵢ logSoftmax(S[i, :])[i] + meanⱼ
   * logSoftmax(S[:, j])[j])}.
   *
   * @param scores S, [n, n], n at least 1
   * @param loss one number
   */
  void infoNce(Buffer scores, Buffer loss, int n);

  /**
   * {@code dS = dloss[0] · (P + Q − 2I) / 2n}, where P is the softmax of the rows of S and Q that
   * of its columns.
   */
  void infoNceGrad(Buffer scores, Buffer dloss, Buffer dscores, int n);

  /**
   * {@code loss[0] = mean softplus(truth ? −x : x)}: the binary cross entropy of σ(x) where all
   * have the same truth; at least one logit.
   */
  void logistic(Buffer logits, boolean truth, Buffer loss);

  /** {@code dx = dloss[0] · (σ(x) − (truth ? 1 : 0)) / n} for n logits. */
  void logisticGrad(Buffer logits, boolean truth, Buffer dloss, Buffer dlogits);
}
