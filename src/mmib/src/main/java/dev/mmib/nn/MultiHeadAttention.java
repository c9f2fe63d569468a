package dev.mmib.nn;

import dev.mmib.op.Attention;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Attention of several heads between two sequences.
 *
 * <pre>
 *   y = Wo · concat_h softmax((q Wq)(k Wk)ᵀ / √(width/heads)) (v Wv)
 * </pre>
 *
 * @param dropout on the probabilities, in training
 */
public record MultiHeadAttention(
    Linear query, Linear key, Linear value, Linear output, int heads, double dropout) {

  public MultiHeadAttention {
    int width = query.weight().shape().dim(0);
    if (heads <= 0 || width % heads != 0) {
      throw new IllegalArgumentException(
          "attention: width " + width + " vs " + heads + " heads: it must be a multiple of them");
    }
  }

  /**
   * [batch, queries, width] → the same.
   *
   * @param memory keys and values, [batch, keys, width]
   * @param keyMask [batch, keys], 0 where not to look; null for everywhere
   * @param queryMask [batch, queries], 0 where to look everywhere alike; null for nowhere
   */
  public Tensor forward(
      Tensor x, Tensor memory, @Nullable Tensor keyMask, @Nullable Tensor queryMask) {
    return output.forward(
        Attention.attention(
            query.forward(x),
            key.forward(memory),
            value.forward(memory),
            heads,
            keyMask,
            queryMask,
            dropout));
  }

  /** Where each query looks, [batch, heads, queries, keys]; for reports, without a gradient. */
  public Tensor probabilities(
      Tensor x, Tensor memory, @Nullable Tensor keyMask, @Nullable Tensor queryMask) {
    return Attention.attentionProbabilities(
        query.forward(x), key.forward(memory), heads, keyMask, queryMask);
  }
}
