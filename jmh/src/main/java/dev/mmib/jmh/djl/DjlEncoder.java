package dev.mmib.jmh.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import dev.mmib.jmh.BertBase;
import dev.mmib.jmh.BertInput;
import java.util.Map;

/**
 * BERT from DJL's operators, in the order of its own {@code ScaledDotProductAttentionBlock} and
 * {@code TransformerEncoderBlock}, but with layer norms.
 */
final class DjlEncoder {

  private final Map<String, NDArray> weights;
  private final BertInput input;
  private final int hidden = BertBase.CONFIG.hiddenSize();
  private final int heads = BertBase.CONFIG.heads();

  DjlEncoder(Map<String, NDArray> weights, BertInput input) {
    this.weights = weights;
    this.input = input;
  }

  /** The last hidden states, of {@code step}; what is between goes with each layer. */
  NDArray encode(NDManager step) {
    var x = embed(step);
    for (int i = 0; i < BertBase.CONFIG.layers(); i++) {
      try (var layer = step.newSubManager()) {
        x.attach(layer); // results belong to the manager of the first argument
        x = layer("bert.encoder.layer." + i + ".", x);
        x.attach(step);
      }
    }
    return x;
  }

  private NDArray embed(NDManager step) {
    var at = "bert.embeddings.";
    var shape = new Shape(input.batch(), input.tokens());
    var ids = step.create(input.ids(), shape);
    var words = lookup(ids, at + "word_embeddings.weight");
    var types = lookup(step.zeros(shape, DataType.INT32), at + "token_type_embeddings.weight");
    var places = lookup(step.arange(input.tokens()), at + "position_embeddings.weight");
    return norm(words.add(types).add(places), at + "LayerNorm");
  }

  private NDArray lookup(NDArray ids, String table) {
    return Embedding.embedding(ids, weight(table), SparseFormat.DENSE).singletonOrThrow();
  }

  private NDArray layer(String at, NDArray x) {
    var query = heads(linear(x, at + "attention.self.query")).transpose(0, 2, 1, 3);
    var key = heads(linear(x, at + "attention.self.key")).transpose(0, 2, 3, 1);
    var value = heads(linear(x, at + "attention.self.value")).transpose(0, 2, 1, 3);
    var scores = query.matMul(key).mul((float) (1 / Math.sqrt(hidden / (double) heads)));
    var mixed = scores.softmax(3).matMul(value).transpose(0, 2, 1, 3);
    var joined = mixed.reshape(new Shape(input.batch(), input.tokens(), hidden));
    var attended = linear(joined, at + "attention.output.dense");
    var h = norm(x.add(attended), at + "attention.output.LayerNorm");
    var deep = Activation.gelu(linear(h, at + "intermediate.dense"));
    return norm(h.add(linear(deep, at + "output.dense")), at + "output.LayerNorm");
  }

  private NDArray heads(NDArray x) {
    return x.reshape(new Shape(input.batch(), input.tokens(), heads, hidden / heads));
  }

  private NDArray linear(NDArray x, String at) {
    return Linear.linear(x, weight(at + ".weight"), weight(at + ".bias")).singletonOrThrow();
  }

  private NDArray norm(NDArray x, String at) {
    return LayerNorm.layerNorm(
            x,
            new Shape(hidden),
            weight(at + ".weight"),
            weight(at + ".bias"),
            (float) BertBase.CONFIG.layerNormEps())
        .singletonOrThrow();
  }

  private NDArray weight(String name) {
    var found = weights.get(name);
    if (found == null) {
      throw new IllegalArgumentException("weights: none of name '" + name + "'");
    }
    return found;
  }
}
