package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.data.Split;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.MmibModel;
import dev.mmib.score.EntityScore;
import dev.mmib.score.Prf;
import dev.mmib.text.BertTokenizer;
import dev.mmib.train.checkpoint.Checkpoint;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One run of a training, from its first step or from a checkpoint to its end. */
final class TrainingRun {
  private final Backend backend;
  private final TrainConfig whole;
  private final TrainingData found;
  private final OutputDirectory output;
  private final MemoryCheck.Fitting memory;
  private final BertTokenizer tokenizer;
  private final TrainingState state;
  private final TrainingListener listener;
  private final BooleanSupplier stop;
  private final Checkpoints checkpoints;

  TrainingRun(
      Backend backend,
      ModelDesign design,
      OutputDirectory output,
      MemoryCheck.Fitting memory,
      TrainingState state,
      TrainingListener listener,
      BooleanSupplier stop) {
    this.backend = backend;
    this.whole = design.config();
    this.found = design.data();
    this.output = output;
    this.memory = memory;
    this.tokenizer = design.tokenizer();
    this.state = state;
    this.listener = listener;
    this.stop = stop;
    var data = found.fingerprint(whole.model().crops());
    var origin = new Checkpoints.Origin(whole.toJson(), data, backend.description());
    this.checkpoints = new Checkpoints(output.path(), whole.saving().checkpointsKept(), origin);
  }

  /**
   * Trains.
   *
   * @param model with the weights that it starts from; closed at the end
   * @param from the checkpoint whose state this run has; null for a new training
   */
  TrainResult train(MmibModel model, @Nullable Checkpoint from) {
    try (model;
        var metrics = open();
        var pictures = pictures(model, whole)) {
      if (pictures != null) {
        pictures.addMissing(state.missingPictures);
      }
      var result = train(model, from, pictures, metrics);
      if (!result.interrupted() && found.has(Split.TEST)) {
        model.close(); // the best model is scored, not the last one
        result = withTest(result, pictures, metrics);
      }
      return result;
    }
  }

  /** Only now: until there is a model, nothing of a training is in the directory. */
  private Metrics open() {
    write("training.json", whole.toJson());
    write("memory.json", memory.toJson());
    return Metrics.open(output.path(), state);
  }

  private void write(String name, JsonObject json) {
    AtomicFile.write(output.path().resolve(name), Json.writeIndented(json));
  }

  private TrainResult train(
      MmibModel model, @Nullable Checkpoint from, @Nullable Pictures pictures, Metrics metrics) {
    var train = found.rows(Split.TRAIN, model, tokenizer);
    var dev = found.rows(Split.DEV, model, tokenizer);
    try (var training =
        new Training<>(
            whole, train, dev, pictures, metrics, listener, stop, new Kept(model), state)) {
      if (from != null) {
        Checkpoints.restore(from, training.optimizer());
      }
      training.run();
      return result(training.postsPerSecond(), pictures);
    }
  }

  /** What of a model under training outlives the process. */
  private final class Kept implements Training.Keeper {
    private final MmibModel model;

    Kept(MmibModel model) {
      this.model = model;
    }

    @Override
    public void keepBest() {
      output.replaceModel(path -> ModelDirectory.save(path, model, tokenizer, notes(whole)));
    }

    @Override
    public void checkpoint(TrainingState now, AdamW optimizer) {
      checkpoints.save(model, tokenizer, now, optimizer);
    }
  }

  private TrainResult result(double postsPerSecond, @Nullable Pictures pictures) {
    return new TrainResult(
        whole.model().task(),
        backend.name(),
        state.epochsDone,
        Math.max(0, state.bestEpoch),
        state.best,
        null,
        postsPerSecond,
        pictures == null ? 0 : pictures.missing(),
        output.model(),
        !state.finished);
  }

  private static @Nullable Pictures pictures(MmibModel model, TrainConfig config) {
    return model.config().textOnly()
        ? null
        : new Pictures(model, config.rows().missingImages(), config.pictures());
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

  private TrainResult withTest(TrainResult result, @Nullable Pictures pictures, Metrics metrics) {
    var directory = ModelDirectory.open(result.model());
    Prf score;
    try (var best = directory.load(backend)) {
      var test = found.rows(Split.TEST, best, directory.tokenizer());
      Scoring.predict(test, pictures, "test", listener);
      score = test.scores(EntityScore.Mode.LENIENT).micro();
    }
    metrics.addTest(result.bestEpoch(), score);
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
