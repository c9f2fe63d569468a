package dev.mmib.train;

import dev.mmib.bert.BertConfig;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import java.util.Set;

/**
 * The sizes of a text encoder, under the names of {@code --set bert.…}.
 *
 * @param intermediate width of the feed-forward layers
 * @param maxPositions the longest text in word pieces
 * @param dropout of hidden states
 */
public record BertSettings(
    int layers,
    int hidden,
    int heads,
    int intermediate,
    int maxPositions,
    double dropout,
    double attentionDropout) {

  /** What is made where no encoder is given. */
  public static final BertSettings SMALL = new BertSettings(2, 96, 4, 384, 512, 0.1, 0.1);

  public BertSettings {
    TrainConfig.require("bert.layers", layers, 1, 100);
    TrainConfig.require("bert.hidden", hidden, 1, 8192);
    TrainConfig.require("bert.heads", heads, 1, 8192);
    TrainConfig.require("bert.intermediate", intermediate, 1, 65_536);
    TrainConfig.require("bert.maxPositions", maxPositions, 4, 100_000);
    if (hidden % heads != 0) {
      throw TrainConfig.refuse(
          "bert.hidden is " + hidden, "a multiple of bert.heads, which is " + heads);
    }
    probability("bert.dropout", dropout);
    probability("bert.attentionDropout", attentionDropout);
  }

  private static void probability(String key, double value) {
    if (!(value >= 0 && value < 1)) {
      throw TrainConfig.refuse(key + " is " + value, "0 to below 1");
    }
  }

  /** A configuration of these sizes. */
  public BertConfig config(int vocabularySize) {
    var shape = BertConfig.of(vocabularySize, hidden, layers, heads, intermediate);
    return new BertConfig(
        vocabularySize,
        hidden,
        layers,
        heads,
        intermediate,
        maxPositions,
        shape.tokenTypes(),
        shape.activation(),
        shape.layerNormEps(),
        dropout,
        attentionDropout,
        shape.initializerRange(),
        shape.padId());
  }

  /**
   * A given encoder's configuration with what was set explicitly. Fewer layers are the first ones
   * of the encoder; its other sizes cannot be changed.
   */
  BertConfig applyTo(BertConfig given, Set<String> explicit) {
    refuseOther(explicit, "bert.hidden", hidden, given.hiddenSize());
    refuseOther(explicit, "bert.heads", heads, given.heads());
    refuseOther(explicit, "bert.intermediate", intermediate, given.intermediateSize());
    refuseOther(explicit, "bert.maxPositions", maxPositions, given.maxPositions());
    int kept = explicit.contains("bert.layers") ? layers : given.layers();
    if (kept > given.layers()) {
      throw TrainConfig.refuse("bert.layers is " + kept, "1 to the encoder's " + given.layers());
    }
    return new BertConfig(
        given.vocabularySize(),
        given.hiddenSize(),
        kept,
        given.heads(),
        given.intermediateSize(),
        given.maxPositions(),
        given.tokenTypes(),
        given.activation(),
        given.layerNormEps(),
        explicit.contains("bert.dropout") ? dropout : given.hiddenDropout(),
        explicit.contains("bert.attentionDropout") ? attentionDropout : given.attentionDropout(),
        given.initializerRange(),
        given.padId());
  }

  private static void refuseOther(Set<String> explicit, String key, int wanted, int given) {
    if (explicit.contains(key) && wanted != given) {
      throw TrainConfig.refuse(key + " is " + wanted, "the given encoder's " + given);
    }
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("layers", layers)
        .put("hidden", hidden)
        .put("heads", heads)
        .put("intermediate", intermediate)
        .put("maxPositions", maxPositions)
        .put("dropout", dropout)
        .put("attentionDropout", attentionDropout);
  }

  /**
   * Reads what {@link #toJson} writes; the feed-forward layers are four times as wide as hidden.
   */
  static BertSettings fromJson(JsonObject json) {
    for (var key : json.keys()) {
      if (!SMALL.toJson().has(key)) {
        throw json.at(key)
            .error("the setting " + MmibException.quote("bert." + key) + " is unknown", "");
      }
    }
    int hidden = json.integer("hidden", SMALL.hidden);
    return new BertSettings(
        json.integer("layers", SMALL.layers),
        hidden,
        json.integer("heads", SMALL.heads),
        json.integer("intermediate", (int) Math.min(4L * hidden, Integer.MAX_VALUE)),
        json.integer("maxPositions", SMALL.maxPositions),
        json.number("dropout", SMALL.dropout),
        json.number("attentionDropout", SMALL.attentionDropout));
  }
}
