package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.tensor.Tensor;
import java.util.Collection;

/**
 * A bound on the norm of all gradients together, as {@code torch.nn.utils.clip_grad_norm_}.
 *
 * <pre>
 *   norm = √ Σ g²     g ← g · min(1, largest / (norm + 1e-6))
 * </pre>
 *
 * @param largest the bound; infinite for none
 */
public record GradientClip(double largest) {

  private static final double EPS = 1e-6;

  public GradientClip {
    if (!(largest > 0)) {
      throw new IllegalArgumentException(
          "clip: largest norm " + largest + " vs above 0: use an infinite one for no clipping");
    }
  }

  /** No bound. */
  public static GradientClip none() {
    return new GradientClip(Double.POSITIVE_INFINITY);
  }

  /** The norm over all elements of all gradients; not finite if any element is not. */
  public static double norm(Backend backend, Collection<Tensor> gradients) {
    var buffers = gradients.stream().map(Tensor::buffer).toList();
    return Math.sqrt(backend.optimizer().sumOfSquares(buffers));
  }

  /** What to multiply every gradient by when their norm is {@code norm}. */
  public double factor(double norm) {
    return Math.min(1, largest / (norm + EPS));
  }
}
