package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.Split;
import dev.mmib.io.ModelDirectory;
import dev.mmib.io.StoredWeights;
import dev.mmib.io.TransferredWeights;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a model on a data directory and keeps the best one by its dev set.
 *
 * <pre>{@code
 * var settings = new Settings(Task.NER).set("epochs=5").set("learningRate=1e-3");
 * var result = Trainer.of(settings, Path.of("data")).run(backend, Path.of("out"), Existing.REFUSE);
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
   * @param out receives metrics, plots, checkpoints and the directory {@code model}
   * @param existing what is done with the results of an earlier training there
   */
  public TrainResult run(Backend backend, Path out, Existing existing) {
    if (existing.isResuming()) {
      try (var output = OutputDirectory.open(out, existing)) {
        return resumed(backend, output, existing);
      }
    }
    // All that may be refused is refused before results of an earlier training are removed.
    OutputDirectory.requireUsable(out, existing);
    var found = read(config);
    var whole = resolved();
    var design = source.design(whole, explicit, found);
    var memory = MemoryCheck.require(backend, design);
    try (var output = OutputDirectory.open(out, existing)) {
      var run = run(backend, design, output, memory, new TrainingState(whole.seed()));
      return run.train(source.make(backend, design).model(), null);
    }
  }

  private TrainingData read(TrainConfig config) {
    return TrainingData.forTraining(
        DataDirectory.open(data), config.model().task(), config.rows(), config.seed());
  }

  private TrainResult resumed(Backend backend, OutputDirectory output, Existing existing) {
    var checkpoint = Checkpoints.newest(output.path());
    var compared = Resume.of(checkpoint, config, explicit);
    var found = read(compared.config());
    var resume = compared.on(found, backend);
    var state = Checkpoints.state(checkpoint);
    boolean isComplete =
        state.finished && (!found.has(Split.TEST) || Metrics.hasTest(output.path(), state));
    resume.require(state, isComplete, existing);
    if (!source.equals(ModelSource.RANDOM)) {
      LOG.warn("encoders and models to start from are not read: the checkpoint has the weights");
    }
    LOG.info("goes on after step {}, in epoch {}", state.step, state.epoch);
    var directory = ModelDirectory.open(checkpoint.directory());
    var tokenizer = directory.tokenizer();
    var names =
        new TransferredWeights.Names(
            directory.config().task(), directory.labels(), tokenizer.tokens());
    var design = new ModelDesign(resume.config(), directory.bertConfig(), tokenizer, names, found);
    var run = run(backend, design, output, MemoryCheck.require(backend, design), state);
    try (var stored = StoredWeights.open(checkpoint.file(ModelDirectory.WEIGHTS))) {
      return run.train(design.model(backend, stored.all()), checkpoint);
    }
  }

  private TrainingRun run(
      Backend backend,
      ModelDesign design,
      OutputDirectory output,
      MemoryCheck.Fitting memory,
      TrainingState state) {
    return new TrainingRun(backend, design, output, memory, state, listener, stop);
  }

  /** The configuration of a training that begins: with what depends on the given weights. */
  public TrainConfig resolved() {
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
}
