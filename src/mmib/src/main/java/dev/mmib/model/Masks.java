package dev.mmib.model;

import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What the attention blocks may look at.
 *
 * <p>Corrected, keys are masked: padding, and slots without a picture. In the released code the
 * text's mask acts on query rows instead, and whoever looks at the text sees its padding.
 *
 * @param textKeys [batch, tokens], or null for all
 * @param textQueries [batch, tokens], or null for all
 * @param slotKeys [batch, slots], or null for all
 */
record Masks(@Nullable Tensor textKeys, @Nullable Tensor textQueries, @Nullable Tensor slotKeys) {

  static Masks of(MmibConfig config, Tensor text, @Nullable Tensor slots) {
    return config.isReference() ? new Masks(null, text, null) : new Masks(text, null, slots);
  }
}
