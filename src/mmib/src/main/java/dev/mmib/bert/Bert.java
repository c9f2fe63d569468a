package dev.mmib.bert;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Regularization.dropout;

import dev.mmib.nn.Contained;
import dev.mmib.nn.Embedding;
import dev.mmib.nn.Initializer;
import dev.mmib.nn.LayerNorm;
import dev.mmib.nn.Linear;
import dev.mmib.nn.Parameters;
import dev.mmib.op.Activation;
import dev.mmib.op.Layout;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The BERT encoder.
 *
 * <p>Source: Devlin, Chang, Lee, Toutanova, "BERT" (NAACL 2019). Names of weights are
 * HuggingFace's.
 */
public record Bert(
    BertConfig config,
    Embedding words,
    Embedding positions,
    Embedding types,
    LayerNorm norm,
    List<BertLayer> layers,
    Linear pooler) {

  public Bert {
    layers = List.copyOf(layers);
  }

  /** A BERT whose parameters are added to {@code at}. */
  public static Bert of(Parameters at, BertConfig config) {
    return of(at, at, config);
  }

  /** A BERT whose pooler is kept for whoever reads the weights back, but is not trained. */
  public static Bert withIdlePooler(Parameters at, BertConfig config) {
    return of(at, at.frozen(), config);
  }

  private static Bert of(Parameters at, Parameters atPooler, BertConfig config) {
    int hidden = config.hiddenSize();
    var fresh = Initializer.normal(config.initializerRange());
    var embeddings = at.at("embeddings");
    var words =
        Embedding.withPadding(
            embeddings.at("word_embeddings"),
            config.vocabularySize(),
            hidden,
            config.padId(),
            fresh);
    var positions =
        Embedding.of(embeddings.at("position_embeddings"), config.maxPositions(), hidden, fresh);
    var types =
        Embedding.of(embeddings.at("token_type_embeddings"), config.tokenTypes(), hidden, fresh);
    var norm = LayerNorm.of(embeddings.at("LayerNorm"), hidden, config.layerNormEps());
    var layers = new ArrayList<BertLayer>();
    for (int i = 0; i < config.layers(); i++) {
      layers.add(BertLayer.of(at.at("encoder.layer", i), config));
    }
    var pooler = Linear.of(atPooler.at("pooler.dense"), hidden, hidden, fresh);
    return new Bert(config, words, positions, types, norm, layers, pooler);
  }

  /**
   * The hidden states: those of the embeddings, then those after each layer, [batch, tokens,
   * hidden].
   *
   * @param ids I32 [batch, tokens]
   * @param tokenTypes I32 [batch, tokens]; null for type 0 everywhere
   * @param mask [batch, tokens], 1 for a token and 0 for padding; null where nothing is padded
   */
  public List<Tensor> forward(Tensor ids, @Nullable Tensor tokenTypes, @Nullable Tensor mask) {
    var states = new ArrayList<Tensor>();
    states.add(Contained.inInference(() -> embed(ids, tokenTypes)));
    for (var layer : layers) {
      var x = states.get(states.size() - 1);
      states.add(Contained.inInference(() -> layer.forward(x, mask)));
    }
    return states;
  }

  /** The last hidden states alone, [batch, tokens, hidden]; in inference the others are freed. */
  public Tensor encode(Tensor ids, @Nullable Tensor tokenTypes, @Nullable Tensor mask) {
    return Contained.inInference(
        () -> {
          var states = forward(ids, tokenTypes, mask);
          return states.get(states.size() - 1);
        });
  }

  /** tanh(W h + b) of the first token's last hidden state, [batch, hidden]. */
  public Tensor pool(Tensor lastHidden) {
    var shape = lastHidden.shape();
    var first = Layout.reshape(Layout.slice(lastHidden, 1, 0, 1), shape.dim(0), shape.last());
    return Activation.tanh(pooler.forward(first));
  }

  private Tensor embed(Tensor ids, @Nullable Tensor tokenTypes) {
    int batch = ids.shape().dim(0);
    int tokens = ids.shape().dim(1);
    if (tokens > config.maxPositions()) {
      throw new IllegalArgumentException(
          "bert: "
              + tokens
              + " tokens vs "
              + config.maxPositions()
              + " positions: cut the text before");
    }
    var scope = Scope.current();
    var places = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      places[i] = i;
    }
    var position = positions.forward(scope.ints(Shape.of(tokens), places));
    var type =
        types.forward(
            tokenTypes != null
                ? tokenTypes
                : scope.ints(Shape.of(batch, tokens), new int[batch * tokens]));
    var sum = add(add(words.forward(ids), type), position);
    return dropout(norm.forward(sum), config.hiddenDropout());
  }
}
