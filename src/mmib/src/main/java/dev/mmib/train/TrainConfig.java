package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.Task;

/**
 * Everything that decides how a model is trained.
 *
 * <p>The same configuration, data, device and number of threads give the same model bit for bit.
 * Single settings are changed by {@link Settings}.
 *
 * @param epochs passes over the training set; 0 only scores
 * @param batchSize posts per step
 * @param learningRate the nominal one; see {@code warmup}
 * @param crfLearningRate that of the CRF's transitions; 0 for the same
 * @param warmup share of the steps over which the rate rises linearly; then it falls to 0
 * @param weightDecay of all but biases and norms
 * @param clip the largest norm of the gradient; 0 for no bound
 * @param seed of weights, order, dropout and noise
 * @param limit only so many rows of each split; 0 for all
 * @param missingImages what a picture that cannot be had means
 * @param cacheMegabytes memory for decoded pictures, kept from epoch to epoch
 * @param bert the text encoder that is made where none is given
 * @param model the rest of the network
 */
public record TrainConfig(
    int epochs,
    int batchSize,
    double learningRate,
    double crfLearningRate,
    double warmup,
    double weightDecay,
    double clip,
    long seed,
    int limit,
    MissingImages missingImages,
    int cacheMegabytes,
    BertSettings bert,
    MmibConfig model) {

  /** What to do about a picture that is missing or broken. */
  public enum MissingImages {
    /** A zero image in its place, counted. */
    ZERO,
    /** An error. */
    FAIL;

    String key() {
      return this == ZERO ? "zero" : "fail";
    }
  }

  public TrainConfig {
    require("epochs", epochs, 0, 10_000);
    require("batchSize", batchSize, 1, 4096);
    if (!(learningRate > 0 && learningRate <= 1)) {
      throw refuse("learningRate is " + learningRate, "above 0 and at most 1");
    }
    require("crfLearningRate", crfLearningRate, 0, 1);
    require("warmup", warmup, 0, 1);
    require("weightDecay", weightDecay, 0, 1);
    if (!(clip >= 0 && clip <= 1e9)) {
      throw refuse("clip is " + clip, "0 to 1e9");
    }
    require("limit", limit, 0, Integer.MAX_VALUE);
    require("cacheMegabytes", cacheMegabytes, 0, 1_000_000);
    if (model.maxLength() < 4 || model.maxLength() > bert.maxPositions()) {
      throw refuse("maxLength is " + model.maxLength(), "4 to " + bert.maxPositions());
    }
  }

  /** The settings of the paper for a task. */
  public static TrainConfig of(Task task) {
    return new TrainConfig(
        30,
        8,
        3e-5,
        0,
        0.03,
        0.01,
        0,
        1,
        0,
        MissingImages.ZERO,
        256,
        BertSettings.SMALL,
        MmibConfig.of(task));
  }

  /** The clipping that {@code clip} asks for. */
  public GradientClip clipping() {
    return clip == 0 ? GradientClip.none() : new GradientClip(clip);
  }

  TrainConfig withModel(MmibConfig other) {
    return with(learningRate, other);
  }

  TrainConfig withLearningRate(double other) {
    return with(other, model);
  }

  private TrainConfig with(double otherRate, MmibConfig otherModel) {
    return new TrainConfig(
        epochs,
        batchSize,
        otherRate,
        crfLearningRate,
        warmup,
        weightDecay,
        clip,
        seed,
        limit,
        missingImages,
        cacheMegabytes,
        bert,
        otherModel);
  }

  /** Every setting, the model's beside the training's. */
  public JsonObject toJson() {
    var json =
        new JsonObject()
            .put("epochs", epochs)
            .put("batchSize", batchSize)
            .put("learningRate", learningRate)
            .put("crfLearningRate", crfLearningRate)
            .put("warmup", warmup)
            .put("weightDecay", weightDecay)
            .put("clip", clip)
            .put("seed", seed)
            .put("limit", limit)
            .put("missingImages", missingImages.key())
            .put("cacheMegabytes", cacheMegabytes)
            .put("bert", bert.toJson());
    model.toJson().members().forEach(json::put);
    return json;
  }

  /** Reads what {@link #toJson} writes; what is missing has the task's usual value. */
  static TrainConfig fromJson(Task task, JsonObject json) {
    var usual = of(task);
    var own = usual.toJson();
    var ofModel = usual.model().toJson();
    var model = new JsonObject();
    json.members()
        .forEach(
            (key, value) -> {
              if (ofModel.has(key) || !own.has(key)) {
                model.put(key, value); // unknown ones too: the model's reader refuses them
              }
            });
    model.put("task", task.key());
    return new TrainConfig(
        json.integer("epochs", usual.epochs),
        json.integer("batchSize", usual.batchSize),
        json.number("learningRate", usual.learningRate),
        json.number("crfLearningRate", usual.crfLearningRate),
        json.number("warmup", usual.warmup),
        json.number("weightDecay", usual.weightDecay),
        json.number("clip", usual.clip),
        json.absent("seed") ? usual.seed : json.longInteger("seed"),
        json.integer("limit", usual.limit),
        missing(json, usual.missingImages),
        json.integer("cacheMegabytes", usual.cacheMegabytes),
        json.absent("bert") ? usual.bert : BertSettings.fromJson(json.object("bert")),
        MmibConfig.fromJson(model));
  }

  private static MissingImages missing(JsonObject json, MissingImages usual) {
    var key = json.string("missingImages", usual.key());
    for (var value : MissingImages.values()) {
      if (value.key().equals(key)) {
        return value;
      }
    }
    throw refuse("missingImages is " + MmibException.quote(key), "zero or fail");
  }

  static void require(String key, double value, double from, double to) {
    if (!(value >= from && value <= to)) {
      throw refuse(key + " is " + plain(value), plain(from) + " to " + plain(to));
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  static MmibException refuse(String what, String range) {
    return MmibException.of(
        ErrorCode.USAGE, what + ", not " + range, "Give a value in this range.");
  }
}
