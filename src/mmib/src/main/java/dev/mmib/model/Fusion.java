package dev.mmib.model;

import static dev.mmib.op.Arithmetic.add;

import dev.mmib.nn.LayerNorm;
import dev.mmib.nn.Linear;
import dev.mmib.nn.Parameters;
import dev.mmib.op.Layout;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Texts that have seen their pictures. */
sealed interface Fusion {

  /**
   * What {@link #forward} gives.
   *
   * @param value F, [batch, tokens, hidden]
   * @param pictures G, pictures that have seen their text, [batch, slots, hidden]; null of fusions
   *     that have no such thing
   */
  record Fused(Tensor value, @Nullable Tensor pictures) {}

  /**
   * Brings the modalities together.
   *
   * @param text zᵀ, [batch, tokens, hidden]
   * @param image zⱽ, [batch, slots, hidden]
   */
  Fused forward(Tensor text, Tensor image, Masks masks);

  static Fusion of(Parameters at, int hidden, MmibConfig config) {
    return switch (config.fusion()) {
      case CROSS ->
          new Cross(
              AttentionBlock.of(at.at("image_from_text"), hidden, config),
              AttentionBlock.of(at.at("text_from_image"), hidden, config));
      case CONCAT -> new Concat(Linear.of(at.at("linear"), 2 * hidden, hidden));
      case ADD -> new Add(LayerNorm.of(at.at("norm"), hidden, 1e-5));
    };
  }

  /**
   * G = CA(query = zⱽ, key = value = zᵀ), F = CA(query = zᵀ, key = value = G).
   *
   * @param imageFromText pictures look at the text
   * @param textFromImage the text looks at those pictures
   */
  record Cross(AttentionBlock imageFromText, AttentionBlock textFromImage) implements Fusion {

    @Override
    public Fused forward(Tensor text, Tensor image, Masks masks) {
      var pictures = imageFromText.forward(image, text, masks.textKeys(), null);
      return new Fused(
          textFromImage.forward(text, pictures, masks.slotKeys(), masks.textQueries()), pictures);
    }

    /** How much each token looks at each slot, [batch, heads, tokens, slots]. */
    Tensor slotAttention(Tensor text, Tensor pictures, Masks masks) {
      return textFromImage
          .attention()
          .probabilities(text, pictures, masks.slotKeys(), masks.textQueries());
    }
  }

  /** F = W [zᵀ; mean of zⱽ] + b. */
  record Concat(Linear linear) implements Fusion {

    @Override
    public Fused forward(Tensor text, Tensor image, Masks masks) {
      var shape = text.shape();
      var picture = Positions.mean(image, masks.slotKeys());
      var row = Layout.reshape(picture, shape.dim(0), 1, shape.last());
      var beside = Layout.broadcastTo(row, Shape.of(shape.dims()));
      return new Fused(linear.forward(Layout.concat(2, text, beside)), null);
    }
  }

  /** F = LayerNorm(zᵀ + mean of zⱽ). */
  record Add(LayerNorm norm) implements Fusion {

    @Override
    public Fused forward(Tensor text, Tensor image, Masks masks) {
      var picture = Positions.mean(image, masks.slotKeys());
      var row = Layout.reshape(picture, text.shape().dim(0), 1, text.shape().last());
      return new Fused(norm.forward(add(text, row)), null);
    }
  }
}
