package dev.mmib.train;

import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;

/**
 * Which rows are learned from, and how much each counts.
 *
 * @param limit only the first rows of each split; 0 for all
 * @param sample share of the training rows, drawn without replacement by the seed
 * @param classWeights {@code none}, {@code balanced}, or {@code PER:2,LOC:0.5}; see {@link
 *     ClassWeights}
 * @param missingImages what a picture that cannot be had means
 */
public record RowSettings(
    int limit, double sample, String classWeights, MissingImages missingImages) {

  /** What to do about a picture that is missing or broken. */
  public enum MissingImages {
    /** A plain grey picture in its place, counted. */
    ZERO,
    /** An error. */
    FAIL;

    String key() {
      return this == ZERO ? "zero" : "fail";
    }
  }

  public static final RowSettings STANDARD = new RowSettings(0, 1, "none", MissingImages.ZERO);

  public RowSettings {
    TrainConfig.require("limit", limit, 0, Integer.MAX_VALUE);
    if (!(sample > 0 && sample <= 1)) {
      throw TrainConfig.refuse("sample is " + sample, "above 0 and at most 1");
    }
    ClassWeights.parse(classWeights);
  }

  void write(JsonObject json) {
    json.put("limit", limit)
        .put("sample", sample)
        .put("classWeights", classWeights)
        .put("missingImages", missingImages.key());
  }

  static RowSettings read(JsonObject json) {
    return new RowSettings(
        json.integer("limit", STANDARD.limit),
        json.number("sample", STANDARD.sample),
        json.string("classWeights", STANDARD.classWeights),
        missing(json.string("missingImages", STANDARD.missingImages.key())));
  }

  private static MissingImages missing(String key) {
    for (var value : MissingImages.values()) {
      if (value.key().equals(key)) {
        return value;
      }
    }
    throw TrainConfig.refuse("missingImages is " + MmibException.quote(key), "zero or fail");
  }
}
