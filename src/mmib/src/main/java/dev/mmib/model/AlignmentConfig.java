package dev.mmib.model;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;

/**
 * The settings of the alignment regularizer.
 *
 * @param pooling how positions and slots become the one vector that is aligned
 * @param negatives other posts' pictures that each text is held against (discriminator)
 * @param temperature τ (InfoNCE)
 * @param learnTemperature whether τ is trained, from {@code temperature} on
 */
public record AlignmentConfig(
    Kind kind,
    Scorer scorer,
    Pooling pooling,
    int negatives,
    double temperature,
    boolean learnTemperature) {

  /** The form of the regularizer. */
  public enum Kind {
    NONE,
    /** The released code's: a bound of Jensen and Shannon's divergence. */
    DISCRIMINATOR,
    /** Symmetric InfoNCE over the batch. */
    INFONCE
  }

  /** What the discriminator computes its logits by. */
  public enum Scorer {
    /** W [t; v] + b, as many logits as the hidden size. */
    CONCAT,
    /** tᵀ W v + b, one logit. */
    BILINEAR
  }

  /** How a sequence becomes a vector. */
  public enum Pooling {
    /** [CLS], and the whole image. */
    FIRST,
    MEAN,
    SUM
  }

  public static final AlignmentConfig STANDARD =
      new AlignmentConfig(Kind.DISCRIMINATOR, Scorer.CONCAT, Pooling.FIRST, 1, 0.07, false);

  public AlignmentConfig {
    if (negatives < 1 || negatives > 1024) {
      throw refuse("alignment.negatives is " + negatives + ", not from 1 to 1024");
    }
    if (!(temperature > 0 && temperature < 1000)) {
      throw refuse("alignment.temperature is " + temperature + ", not between 0 and 1000");
    }
  }

  public AlignmentConfig withKind(Kind other) {
    return new AlignmentConfig(other, scorer, pooling, negatives, temperature, learnTemperature);
  }

  public AlignmentConfig withScorer(Scorer other) {
    return new AlignmentConfig(kind, other, pooling, negatives, temperature, learnTemperature);
  }

  public AlignmentConfig withPooling(Pooling other) {
    return new AlignmentConfig(kind, scorer, other, negatives, temperature, learnTemperature);
  }

  public AlignmentConfig withNegatives(int other) {
    return new AlignmentConfig(kind, scorer, pooling, other, temperature, learnTemperature);
  }

  static AlignmentConfig fromJson(JsonObject json) {
    MmibConfig.requireKnown(
        json, "kind", "scorer", "pooling", "negatives", "temperature", "learnTemperature");
    return new AlignmentConfig(
        Keys.read(json, "kind", Kind.class, STANDARD.kind),
        Keys.read(json, "scorer", Scorer.class, STANDARD.scorer),
        Keys.read(json, "pooling", Pooling.class, STANDARD.pooling),
        json.integer("negatives", STANDARD.negatives),
        json.number("temperature", STANDARD.temperature),
        json.bool("learnTemperature", STANDARD.learnTemperature));
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("kind", Keys.of(kind))
        .put("scorer", Keys.of(scorer))
        .put("pooling", Keys.of(pooling))
        .put("negatives", negatives)
        .put("temperature", temperature)
        .put("learnTemperature", learnTemperature);
  }

  private static MmibException refuse(String what) {
    return MmibException.of(ErrorCode.CONFIG, what, "Correct the configuration.");
  }
}
