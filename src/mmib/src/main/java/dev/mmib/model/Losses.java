package dev.mmib.model;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.scale;

import dev.mmib.tensor.Tensor;

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

  static Losses of(Beta beta, Tensor task, Tensor alignment, Tensor klText, Tensor klImage) {
    var refinement = add(scale(klText, beta.text()), scale(klImage, beta.image()));
    var total = add(add(task, scale(alignment, beta.alignment())), refinement);
    return new Losses(total, task, alignment, klText, klImage);
  }
}
