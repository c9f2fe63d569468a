package dev.mmib.model;

import dev.mmib.nn.Initializer;
import dev.mmib.nn.LayerNorm;
import dev.mmib.nn.Linear;
import dev.mmib.nn.MultiHeadAttention;
import dev.mmib.nn.Parameters;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The attention block CA of the method, used seven times.
 *
 * <pre>
 *   h   = LayerNorm(q + attention(q, k, k))
 *   out = LayerNorm(h + W h + b)
 * </pre>
 *
 * <p>Queries, keys and values are projected without bias; there is no activation.
 */
record AttentionBlock(
    MultiHeadAttention attention, LayerNorm attentionNorm, Linear dense, LayerNorm outputNorm) {

  private static final double EPS = 1e-5;

  static AttentionBlock of(Parameters at, int hidden, MmibConfig config) {
    var fresh = Initializer.linear(hidden);
    var inner = at.at("attention");
    return new AttentionBlock(
        new MultiHeadAttention(
            Linear.withoutBias(inner.at("query"), hidden, hidden, fresh),
            Linear.withoutBias(inner.at("key"), hidden, hidden, fresh),
            Linear.withoutBias(inner.at("value"), hidden, hidden, fresh),
            Linear.of(inner.at("output"), hidden, hidden),
            config.attentionHeads(),
            config.dropout()),
        LayerNorm.of(at.at("attention_norm"), hidden, EPS),
        Linear.of(at.at("dense"), hidden, hidden),
        LayerNorm.of(at.at("output_norm"), hidden, EPS));
  }

  /** CA(query, memory, memory), [batch, queries, hidden]; masks as in the attention layer. */
  Tensor forward(
      Tensor query, Tensor memory, @Nullable Tensor keyMask, @Nullable Tensor queryMask) {
    var h = attentionNorm.forward(attention.forward(query, memory, keyMask, queryMask), query, 0);
    return outputNorm.forward(dense.forward(h), h, 0);
  }
}
