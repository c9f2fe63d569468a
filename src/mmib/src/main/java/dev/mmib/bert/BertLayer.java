package dev.mmib.bert;

import dev.mmib.nn.Initializer;
import dev.mmib.nn.LayerNorm;
import dev.mmib.nn.Linear;
import dev.mmib.nn.MultiHeadAttention;
import dev.mmib.nn.Parameters;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One layer of BERT.
 *
 * <pre>
 *   h = LayerNorm(x + dropout(attention(x)))
 *   y = LayerNorm(h + dropout(W₂ act(W₁ h + b₁) + b₂))
 * </pre>
 */
public record BertLayer(
    MultiHeadAttention attention,
    LayerNorm attentionNorm,
    Linear intermediate,
    Activation activation,
    Linear output,
    LayerNorm outputNorm,
    double dropout) {

  static BertLayer of(Parameters at, BertConfig config) {
    int hidden = config.hiddenSize();
    var fresh = Initializer.normal(config.initializerRange());
    var self = at.at("attention.self");
    return new BertLayer(
        new MultiHeadAttention(
            Linear.of(self.at("query"), hidden, hidden, fresh),
            Linear.of(self.at("key"), hidden, hidden, fresh),
            Linear.of(self.at("value"), hidden, hidden, fresh),
            Linear.of(at.at("attention.output.dense"), hidden, hidden, fresh),
            config.heads(),
            config.attentionDropout()),
        LayerNorm.of(at.at("attention.output.LayerNorm"), hidden, config.layerNormEps()),
        Linear.of(at.at("intermediate.dense"), hidden, config.intermediateSize(), fresh),
        config.activation(),
        Linear.of(at.at("output.dense"), config.intermediateSize(), hidden, fresh),
        LayerNorm.of(at.at("output.LayerNorm"), hidden, config.layerNormEps()),
        config.hiddenDropout());
  }

  /** [batch, tokens, hidden] → the same; {@code mask} [batch, tokens] is 0 at padding. */
  public Tensor forward(Tensor x, @Nullable Tensor mask) {
    var h = attentionNorm.forward(attention.forward(x, x, mask, null), x, dropout);
    var deep = output.forward(intermediate.forward(h, activation.function()));
    return outputNorm.forward(deep, h, dropout);
  }
}
