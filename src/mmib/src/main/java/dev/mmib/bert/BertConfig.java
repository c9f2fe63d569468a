package dev.mmib.bert;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sizes and settings of a BERT, as HuggingFace's config.json has them.
 *
 * <p>Optional fields have HuggingFace's defaults: {@code hidden_act} gelu, {@code layer_norm_eps}
 * 1e-12, {@code type_vocab_size} 2, {@code pad_token_id} 0, {@code max_position_embeddings} 512,
 * {@code num_hidden_layers} 12, dropouts 0.1, {@code initializer_range} 0.02, and {@code
 * intermediate_size} four times the hidden size.
 *
 * @param vocabularySize rows of the table of word pieces
 * @param maxPositions the longest sequence
 * @param padId the word piece whose vector is not trained
 */
public record BertConfig(
    int vocabularySize,
    int hiddenSize,
    int layers,
    int heads,
    int intermediateSize,
    int maxPositions,
    int tokenTypes,
    Activation activation,
    double layerNormEps,
    double hiddenDropout,
    double attentionDropout,
    double initializerRange,
    int padId) {

  private static final Logger LOG = LoggerFactory.getLogger(BertConfig.class);

  // Larger ones are mistakes: they would ask for tables that no machine of this library holds.
  private static final int LARGEST_VOCABULARY = 10_000_000;
  private static final int LARGEST_WIDTH = 65_536;
  private static final int MOST_LAYERS = 10_000;
  private static final int MOST_POSITIONS = 1_000_000;
  private static final int MOST_TYPES = 10_000;
  private static final long LARGEST_TENSOR = Integer.MAX_VALUE;

  private static final String CURE = "Correct config.json.";

  public BertConfig {
    require("vocab_size", vocabularySize, LARGEST_VOCABULARY);
    require("hidden_size", hiddenSize, LARGEST_WIDTH);
    require("num_hidden_layers", layers, MOST_LAYERS);
    require("num_attention_heads", heads, LARGEST_WIDTH);
    require("intermediate_size", intermediateSize, LARGEST_WIDTH);
    require("max_position_embeddings", maxPositions, MOST_POSITIONS);
    require("type_vocab_size", tokenTypes, MOST_TYPES);
    if (hiddenSize % heads != 0) {
      throw refuse(
          "hidden_size is " + hiddenSize + ", no multiple of num_attention_heads, " + heads);
    }
    requireTable("vocab_size", vocabularySize, hiddenSize);
    requireTable("max_position_embeddings", maxPositions, hiddenSize);
    requireTable("intermediate_size", intermediateSize, hiddenSize);
    if (!(layerNormEps > 0 && layerNormEps < 1)) {
      throw refuse("layer_norm_eps is " + layerNormEps + ", not between 0 and 1");
    }
    requireProbability("hidden_dropout_prob", hiddenDropout);
    requireProbability("attention_probs_dropout_prob", attentionDropout);
    if (!(initializerRange > 0 && initializerRange < 10)) {
      throw refuse("initializer_range is " + initializerRange + ", not between 0 and 10");
    }
    if (padId < 0 || padId >= vocabularySize) {
      throw refuse("pad_token_id is " + padId + ", not below vocab_size, " + vocabularySize);
    }
  }

  /** A BERT of these sizes with the usual settings. */
  public static BertConfig of(
      int vocabularySize, int hiddenSize, int layers, int heads, int intermediateSize) {
    return new BertConfig(
        vocabularySize,
        hiddenSize,
        layers,
        heads,
        intermediateSize,
        512,
        2,
        Activation.GELU,
        1e-12,
        0.1,
        0.1,
        0.02,
        0);
  }

  /** The same with another vocabulary, such as one with added tokens. */
  public BertConfig withVocabularySize(int size) {
    return new BertConfig(
        size,
        hiddenSize,
        layers,
        heads,
        intermediateSize,
        maxPositions,
        tokenTypes,
        activation,
        layerNormEps,
        hiddenDropout,
        attentionDropout,
        initializerRange,
        padId);
  }

  /** The same with other dropouts, of hidden states and of attention probabilities. */
  public BertConfig withDropout(double hidden, double attention) {
    return new BertConfig(
        vocabularySize,
        hiddenSize,
        layers,
        heads,
        intermediateSize,
        maxPositions,
        tokenTypes,
        activation,
        layerNormEps,
        hidden,
        attention,
        initializerRange,
        padId);
  }

  /** Reads a config.json; fields that do not concern the encoder are left alone. */
  public static BertConfig fromJson(JsonObject json) {
    requireBert(json);
    ClassifierLabels.check(json);
    var act = json.string("hidden_act", "gelu");
    var activation =
        Activation.named(act)
            .orElseThrow(
                () ->
                    unsupported(
                        json.at("hidden_act"),
                        "hidden_act " + MmibException.quote(act) + " is unknown",
                        "Known are " + activations() + "."));
    int hidden = json.integer("hidden_size");
    try {
      return new BertConfig(
          json.integer("vocab_size"),
          hidden,
          json.integer("num_hidden_layers", 12),
          json.integer("num_attention_heads"),
          json.integer("intermediate_size", (int) Math.min(4L * hidden, Integer.MAX_VALUE)),
          json.integer("max_position_embeddings", 512),
          json.integer("type_vocab_size", 2),
          activation,
          json.number("layer_norm_eps", 1e-12),
          json.number("hidden_dropout_prob", 0.1),
          json.number("attention_probs_dropout_prob", 0.1),
          json.number("initializer_range", 0.02),
          json.integer("pad_token_id", 0));
    } catch (MmibException e) {
      throw e.file() != null ? e : field(json, e.what()).error(e.what(), e.hint()).causedBy(e);
    }
  }

  /** The member that a refusal begins with; the whole where it has a default. */
  private static JsonValue field(JsonObject json, String what) {
    var key = what.substring(0, what.indexOf(' '));
    return json.absent(key) ? json : json.at(key);
  }

  /** Refuses other architectures and what changes the computation and is not built here. */
  private static void requireBert(JsonObject json) {
    if (json.absent("model_type")) {
      requireNoOther(json);
      LOG.warn("config.json has no model_type; it is taken for BERT's");
    } else if (!json.string("model_type").equals("bert")) {
      throw unsupported(
          json.at("model_type"),
          "model_type " + MmibException.quote(json.string("model_type")) + " is not bert",
          "Give a BERT encoder.");
    }
    if (!json.string("position_embedding_type", "absolute").equals("absolute")) {
      throw unsupported(
          json.at("position_embedding_type"),
          "position_embedding_type "
              + MmibException.quote(json.string("position_embedding_type"))
              + " is not supported",
          "Give an encoder with absolute positions.");
    }
    for (var flag : List.of("is_decoder", "add_cross_attention")) {
      if (json.bool(flag, false)) {
        throw unsupported(json.at(flag), flag + " is not supported", "Give an encoder.");
      }
    }
    for (var foreign : List.of("auto_map", "trust_remote_code", "custom_pipelines")) {
      if (json.has(foreign)) {
        LOG.warn("config.json: {} is ignored, code of a model is never run", foreign);
      }
    }
  }

  /**
   * Without a model_type: refuses what another class or the sizes of RoBERTa's tables give away.
   */
  private static void requireNoOther(JsonObject json) {
    if (!json.absent("architectures")) {
      for (var name : json.array("architectures").strings()) {
        if (!name.startsWith("Bert")) {
          throw unsupported(
              json.at("architectures"),
              "architectures has " + MmibException.quote(name) + ", which is no BERT",
              "Give a BERT encoder.");
        }
      }
    }
    if (json.integer("max_position_embeddings", 0) == 514 && json.integer("pad_token_id", 0) == 1) {
      throw unsupported(
          json.at("max_position_embeddings"),
          "514 positions and pad_token_id 1 are a RoBERTa's, which counts positions otherwise",
          "Give a BERT encoder.");
    }
  }

  /** The config.json of this BERT. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("architectures", new JsonArray().add("BertModel"))
        .put("model_type", "bert")
        .put("vocab_size", vocabularySize)
        .put("hidden_size", hiddenSize)
        .put("num_hidden_layers", layers)
        .put("num_attention_heads", heads)
        .put("intermediate_size", intermediateSize)
        .put("max_position_embeddings", maxPositions)
        .put("type_vocab_size", tokenTypes)
        .put("hidden_act", activation.key())
        .put("layer_norm_eps", layerNormEps)
        .put("hidden_dropout_prob", hiddenDropout)
        .put("attention_probs_dropout_prob", attentionDropout)
        .put("initializer_range", initializerRange)
        .put("pad_token_id", padId)
        .put("position_embedding_type", "absolute");
  }

  private static String activations() {
    return Arrays.stream(Activation.values())
        .map(Activation::key)
        .collect(Collectors.joining(", "));
  }

  private static void require(String field, int value, int largest) {
    if (value < 1 || value > largest) {
      throw refuse(field + " is " + value + ", not from 1 to " + largest);
    }
  }

  private static void requireTable(String field, int rows, int width) {
    if ((long) rows * width > LARGEST_TENSOR) {
      throw refuse(
          field + " " + rows + " times hidden_size " + width + " is more than a tensor holds");
    }
  }

  private static void requireProbability(String field, double value) {
    if (!(value >= 0 && value < 1)) {
      throw refuse(field + " is " + value + ", not from 0 up to 1");
    }
  }

  private static MmibException refuse(String what) {
    return MmibException.of(ErrorCode.CONFIG, what, CURE);
  }

  private static MmibException unsupported(JsonValue at, String what, String hint) {
    var located = at.error(what, hint);
    var file = located.file();
    var position = located.position();
    return file == null || position == null
        ? MmibException.of(ErrorCode.CONFIG_UNSUPPORTED, what, hint)
        : MmibException.at(file, position, ErrorCode.CONFIG_UNSUPPORTED, what, hint);
  }
}
