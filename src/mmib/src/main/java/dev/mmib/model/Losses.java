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
 *
 * @param aligned what the alignment compares; null where nothing is aligned
 */
public record Losses(
    Tensor total,
    Tensor task,
    Tensor alignment,
    Tensor klText,
    Tensor klImage,
    @Nullable Aligned aligned) {

  /** One vector a text and one a post's pictures, [batch, hidden]. */
  public record Aligned(Tensor text, Tensor image) {}

  /**
   * How many values each part is taken over.
   *
   * @param rows of the batch
   * @param taskIsSum whether {@code task} is a sum over the rows, not a mean
   * @param tokens positions of the texts in {@code klText}
   * @param slots pictures in {@code klImage}
   */
  public record Share(double rows, boolean taskIsSum, double tokens, double slots) {

    public Share plus(Share other) {
      return new Share(rows + other.rows, taskIsSum, tokens + other.tokens, slots + other.slots);
    }

    /** How much of the task's loss of {@code whole} this batch's is. */
    public double ofTask(Share whole) {
      return taskIsSum ? 1 : rows / whole.rows;
    }

    /** How much of klText. */
    public double ofTexts(Share whole) {
      return tokens / whole.tokens;
    }

    /** How much of klImage; 0 without pictures. */
    public double ofImages(Share whole) {
      return whole.slots == 0 ? 0 : slots / whole.slots;
    }
  }

  static Losses of(
      Beta beta,
      Tensor task,
      Tensor alignment,
      Tensor klText,
      Tensor klImage,
      @Nullable Aligned aligned) {
    var refinement = add(scale(klText, beta.text()), scale(klImage, beta.image()));
    var total = add(add(task, scale(alignment, beta.alignment())), refinement);
    return new Losses(total, task, alignment, klText, klImage, aligned);
  }

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

  /**
   * What this batch adds to the loss of a larger one that it is a part of, the alignment apart.
   *
   * @param share of this batch
   * @param whole the sum over all parts
   */
  public Tensor within(Share share, Share whole, Beta beta) {
    var kl =
        add(
            scale(klText, beta.text() * share.ofTexts(whole)),
            scale(klImage, beta.image() * share.ofImages(whole)));
    return add(scale(task, share.ofTask(whole)), kl);
  }
}
