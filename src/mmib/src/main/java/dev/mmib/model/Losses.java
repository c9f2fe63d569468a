package dev.mmib.model;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Arithmetic.scale;

import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The loss of a batch and its parts, all scalars.
 *
 * <pre>
 *   total = task + β₁·alignment + β₂·klText + β₃·klImage
 * </pre>
 *
 * <p>A part that the model lacks is 0.
 */
public record Losses(Tensor total, Tensor task, Tensor alignment, Tensor klText, Tensor klImage) {

  /**
   * {@code weights[b] · losses[b]}: rows that count more than others. Weights whose mean over the
   * training rows is 1 make of a mean over rows the weighted mean Σ w·l / Σ w.
   *
   * @param losses [B]
   * @param weights [B], or null where all rows count alike; ones change no bit
   */
  static Tensor weighted(Tensor losses, float @Nullable [] weights) {
    return weights == null ? losses : mul(losses, Scope.current().of(losses.shape(), weights));
  }

  static Losses of(Beta beta, Tensor task, Tensor alignment, Tensor klText, Tensor klImage) {
    var refinement = add(scale(klText, beta.text()), scale(klImage, beta.image()));
    var total = add(add(task, scale(alignment, beta.alignment())), refinement);
    return new Losses(total, task, alignment, klText, klImage);
  }
}
