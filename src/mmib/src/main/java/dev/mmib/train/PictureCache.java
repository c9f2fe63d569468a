package dev.mmib.train;

import dev.mmib.io.JsonObject;

/**
 * What is remembered of pictures.
 *
 * @param cacheMegabytes memory for decoded pictures or their features, kept from epoch to epoch
 * @param featureCache directory in which the features of a frozen picture encoder are shared by
 *     runs; {@code auto} for the user's cache directory, {@code none} for not
 * @param featureCacheMegabytes bound of that directory
 */
public record PictureCache(int cacheMegabytes, String featureCache, int featureCacheMegabytes) {

  public static final PictureCache STANDARD = new PictureCache(256, "auto", 2048);

  public PictureCache {
    TrainConfig.require("cacheMegabytes", cacheMegabytes, 0, 1_000_000);
    TrainConfig.require("featureCacheMegabytes", featureCacheMegabytes, 1, 10_000_000);
  }

  void write(JsonObject json) {
    json.put("cacheMegabytes", cacheMegabytes)
        .put("featureCache", featureCache)
        .put("featureCacheMegabytes", featureCacheMegabytes);
  }

  static PictureCache read(JsonObject json) {
    return new PictureCache(
        json.integer("cacheMegabytes", STANDARD.cacheMegabytes),
        json.string("featureCache", STANDARD.featureCache),
        json.integer("featureCacheMegabytes", STANDARD.featureCacheMegabytes));
  }
}
