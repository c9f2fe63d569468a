package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.Task;
import java.util.function.Consumer;

/**
 * Everything that decides how a model is trained.
 *
 * <p>The same configuration, data, device and number of threads give the same model bit for bit.
 * Single settings are changed by {@link Settings}, under the names that the parts have here: the
 * parts are there for the reader, not for the user.
 *
 * @param epochs passes over the training set; 0 only scores
 * @param batchSize posts that are computed together
 * @param accumulate batches whose gradients make one step
 * @param patience epochs without a better score on the dev set after which the training ends; 0 for
 *     none
 * @param badSteps steps whose loss or gradient is not finite that are left out before the training
 *     fails
 * @param memoryMegabytes memory that the training may need; 0 for what the machine has
 * @param seed of weights, order, dropout and noise
 * @param bert the text encoder that is made where none is given
 * @param model the rest of the network
 */
public record TrainConfig(
    int epochs,
    int batchSize,
    int accumulate,
    int patience,
    int badSteps,
    int memoryMegabytes,
    long seed,
    LearningRates rates,
    RowSettings rows,
    Saving saving,
    PictureCache pictures,
    BertSettings bert,
    MmibConfig model) {

  /** The settings as variables, to change some of them. */
  public static final class Draft {
    public int epochs;
    public int batchSize;
    public int accumulate;
    public int patience;
    public int badSteps;
    public int memoryMegabytes;
    public long seed;
    public LearningRates rates;
    public RowSettings rows;
    public Saving saving;
    public PictureCache pictures;
    public BertSettings bert;
    public MmibConfig model;

    private Draft(TrainConfig from) {
      epochs = from.epochs;
      batchSize = from.batchSize;
      accumulate = from.accumulate;
      patience = from.patience;
      badSteps = from.badSteps;
      memoryMegabytes = from.memoryMegabytes;
      seed = from.seed;
      rates = from.rates;
      rows = from.rows;
      saving = from.saving;
      pictures = from.pictures;
      bert = from.bert;
      model = from.model;
    }

    private TrainConfig config() {
      return new TrainConfig(
          epochs,
          batchSize,
          accumulate,
          patience,
          badSteps,
          memoryMegabytes,
          seed,
          rates,
          rows,
          saving,
          pictures,
          bert,
          model);
    }
  }

  public TrainConfig {
    require("epochs", epochs, 0, 10_000);
    require("batchSize", batchSize, 1, 4096);
    require("accumulate", accumulate, 1, 4096);
    require("patience", patience, 0, 10_000);
    require("badSteps", badSteps, 0, 1_000_000);
    require("memoryMegabytes", memoryMegabytes, 0, 100_000_000);
    if (model.maxLength() < 4 || model.maxLength() > bert.maxPositions()) {
      throw refuse("maxLength is " + model.maxLength(), "4 to " + bert.maxPositions());
    }
  }

  /** The settings of the paper for a task. */
  public static TrainConfig of(Task task) {
    return new TrainConfig(
        30,
        8,
        1,
        0,
        0,
        0,
        1,
        LearningRates.STANDARD,
        RowSettings.STANDARD,
        Saving.STANDARD,
        PictureCache.STANDARD,
        BertSettings.SMALL,
        MmibConfig.of(task));
  }

  /** This configuration with some settings changed. */
  public TrainConfig with(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.config();
  }

  /** Every setting, the model's beside the training's. */
  public JsonObject toJson() {
    var json =
        new JsonObject()
            .put("epochs", epochs)
            .put("batchSize", batchSize)
            .put("accumulate", accumulate)
            .put("patience", patience)
            .put("badSteps", badSteps)
            .put("memoryMegabytes", memoryMegabytes)
            .put("seed", seed);
    rates.write(json);
    rows.write(json);
    saving.write(json);
    pictures.write(json);
    json.put("bert", bert.toJson());
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
        json.integer("accumulate", usual.accumulate),
        json.integer("patience", usual.patience),
        json.integer("badSteps", usual.badSteps),
        json.integer("memoryMegabytes", usual.memoryMegabytes),
        json.absent("seed") ? usual.seed : json.longInteger("seed"),
        LearningRates.read(json),
        RowSettings.read(json),
        Saving.read(json),
        PictureCache.read(json),
        json.absent("bert") ? usual.bert : BertSettings.fromJson(json.object("bert")),
        MmibConfig.fromJson(model));
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
