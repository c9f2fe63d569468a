package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.LossKernels;
import org.jspecify.annotations.Nullable;

/** Losses of sizes. */
final class SizingLossKernels implements LossKernels {

  @Override
  public void crossEntropy(
      Buffer x, Buffer targets, @Nullable Buffer weights, Buffer loss, int rows, int cols) {
    requireOpen(x, targets, loss);
  }

  @Override
  public void crossEntropyGrad(
      Buffer x,
      Buffer targets,
      @Nullable Buffer weights,
      Buffer dloss,
      Buffer dx,
      int rows,
      int cols) {
    requireOpen(x, targets, dloss, dx);
  }

  @Override
  public void binaryCrossEntropy(Buffer x, Buffer target, Buffer loss) {
    requireOpen(x, target, loss);
  }

  @Override
  public void binaryCrossEntropyGrad(Buffer x, Buffer target, Buffer dloss, Buffer dx) {
    requireOpen(x, target, dloss, dx);
  }

  @Override
  public void infoNce(Buffer scores, Buffer loss, int n) {
    requireOpen(scores, loss);
  }

  @Override
  public void infoNceGrad(Buffer scores, Buffer dloss, Buffer dscores, int n) {
    requireOpen(scores, dloss, dscores);
  }

  @Override
  public void logistic(Buffer logits, boolean truth, Buffer loss) {
    requireOpen(logits, loss);
  }

  @Override
  public void logisticGrad(Buffer logits, boolean truth, Buffer dloss, Buffer dlogits) {
    requireOpen(logits, dloss, dlogits);
  }
}
