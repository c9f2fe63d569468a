package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.Split;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.MmibModel;
import dev.mmib.score.EntityScore;
import dev.mmib.score.Prf;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a model on a data directory and keeps the best one by its dev set.
 *
 * <pre>{@code
 * var settings = new Settings(Task.NER).set("epochs=5").set("learningRate=1e-3");
 * var result = Trainer.of(settings, Path.of("data")).run(backend, Path.of("out"), false);
 * }</pre>
 *
 * <p>A value; one training at a time runs on a backend.
 */
public final class Trainer {

  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

  /** The usual rate is for encoders that have learned before; by it a fresh one hardly moves. */
  private static final double FRESH_LEARNING_RATE = 1e-3;

  private final TrainConfig config;
  private final Set<String> explicit;
  private final Path data;
  private final ModelSource source;
  private final TrainingListener listener;
  private final BooleanSupplier stop;

  private Trainer(
      TrainConfig config,
      Set<String> explicit,
      Path data,
      ModelSource source,
      TrainingListener listener,
      BooleanSupplier stop) {
    this.config = config;
    this.explicit = explicit;
    this.data = data;
    this.source = source;
    this.listener = listener;
    this.stop = stop;
  }

  /** A training that starts from random weights. */
  public static Trainer of(Settings settings, Path data) {
    return new Trainer(
        settings.config(),
        settings.explicit(),
        data,
        ModelSource.RANDOM,
        TrainingListener.NONE,
        () -> false);
  }

  /** The same, starting from elsewhere. */
  public Trainer from(ModelSource other) {
    return new Trainer(config, explicit, data, other, listener, stop);
  }

  /** The same, telling how it goes. */
  public Trainer listener(TrainingListener other) {
    return new Trainer(config, explicit, data, source, other, stop);
  }

  /** The same, stopping after the step during which {@code condition} becomes true. */
  public Trainer stopWhen(BooleanSupplier condition) {
    return new Trainer(config, explicit, data, source, listener, condition);
  }

  /**
   * Trains.
   *
   * @param out receives metrics, plots and the directory {@code model}
   * @param overwrite whether {@code out} may hold the results of another training
   */
  public TrainResult run(Backend backend, Path out, boolean overwrite) {
    var directory = DataDirectory.open(data);
    var found =
        TrainingData.forTraining(directory, config.model().task(), config.rows(), config.seed());
    try (var output = OutputDirectory.open(out, overwrite ? Existing.OVERWRITE : Existing.REFUSE)) {
      return run(backend, found, output);
    }
  }

  private TrainResult run(Backend backend, TrainingData found, OutputDirectory output) {
    var whole = resolved();
    AtomicFile.write(output.path().resolve("training.json"), Json.writeIndented(whole.toJson()));
    var design = source.design(whole, explicit, found);
    var memory = MemoryCheck.require(backend, design);
    AtomicFile.write(output.path().resolve("memory.json"), Json.writeIndented(memory.toJson()));
    var made = source.make(backend, design);
    TrainResult result;
    try (var model = made.model();
        var metrics = Metrics.create(output.path())) {
      var pictures = pictures(model, whole);
      var train = found.rows(Split.TRAIN, model, made.tokenizer());
      var dev = found.rows(Split.DEV, model, made.tokenizer());
      try (var training = new Training<>(whole, train, dev, pictures, metrics, listener, stop)) {
        training.run(
            epoch ->
                output.replaceModel(
                    path -> ModelDirectory.save(path, model, made.tokenizer(), notes(whole))));
        result = result(training, backend, output, pictures);
      }
      if (!result.interrupted() && found.has(Split.TEST)) {
        // The best model, not the last one.
        model.close();
        result = withTest(result, found, backend, pictures, metrics);
      }
    }
    return result;
  }

  /** The configuration with what depends on the given weights. */
  private TrainConfig resolved() {
    var image = source.imageConfig(config.model().image(), explicit);
    var whole = config.with(draft -> draft.model = draft.model.with(model -> model.image = image));
    if (explicit.contains("learningRate") || source.hasPretrainedText()) {
      return whole;
    }
    LOG.info(
        "the text encoder starts from random weights: learningRate is {} unless it is set",
        FRESH_LEARNING_RATE);
    return whole.with(draft -> draft.rates = draft.rates.withLearningRate(FRESH_LEARNING_RATE));
  }

  private static @Nullable Pictures pictures(MmibModel model, TrainConfig config) {
    return model.config().textOnly()
        ? null
        : new Pictures(model, config.rows().missingImages(), config.pictures().cacheMegabytes());
  }

  /** What the model's directory says of its training: the settings that are not the model's own. */
  private static JsonObject notes(TrainConfig config) {
    var all = config.toJson();
    var notes = new JsonObject();
    for (var key : all.keys()) {
      if (!key.equals("bert") && !config.model().toJson().has(key)) {
        notes.put(key, Objects.requireNonNull(all.find(key)));
      }
    }
    return notes;
  }

  private TrainResult result(
      Training<?> training, Backend backend, OutputDirectory output, @Nullable Pictures pictures) {
    return new TrainResult(
        config.model().task(),
        backend.name(),
        training.epochsDone(),
        training.bestEpoch(),
        training.bestScore(),
        null,
        training.postsPerSecond(),
        pictures == null ? 0 : pictures.missing(),
        output.model(),
        training.epochsDone() < config.epochs());
  }

  private TrainResult withTest(
      TrainResult result,
      TrainingData found,
      Backend backend,
      @Nullable Pictures pictures,
      Metrics metrics) {
    var directory = ModelDirectory.open(result.model());
    Prf score;
    try (var best = directory.load(backend)) {
      var test = found.rows(Split.TEST, best, directory.tokenizer());
      Scoring.predict(test, pictures, "test", listener);
      score = test.scores(EntityScore.Mode.LENIENT).micro();
    }
    metrics.add(
        new JsonObject()
            .put("type", "test")
            .put("epoch", result.bestEpoch())
            .put("precision", score.precision())
            .put("recall", score.recall())
            .put("f1", score.f1()));
    return new TrainResult(
        result.task(),
        result.device(),
        result.epochs(),
        result.bestEpoch(),
        result.dev(),
        score,
        result.postsPerSecond(),
        pictures == null ? 0 : pictures.missing(),
        result.model(),
        false);
  }
}
