package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonValue;
import dev.mmib.train.checkpoint.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Going on with a training that was stopped or killed: whether it still is the same one.
 *
 * @param checkpoint where it stopped
 * @param config what it goes on with
 * @param differences what is not as it was, in words; empty if the result will be bit for bit that
 *     of a training that was never stopped
 */
record Resume(Checkpoint checkpoint, TrainConfig config, List<String> differences) {

  private static final Logger LOG = LoggerFactory.getLogger(Resume.class);

  /** Settings that change when something is done or what is remembered, but not what comes out. */
  private static final Set<String> WITHOUT_CONSEQUENCE =
      Set.of(
          "checkpointSteps",
          "checkpointMinutes",
          "checkpointsKept",
          "cacheMegabytes",
          "featureCache",
          "featureCacheMegabytes",
          "memoryMegabytes");

  /**
   * Compares a configuration with that of a checkpoint.
   *
   * @param asked the configuration that was asked for now
   * @param explicit the names of the settings that were given; the others are the checkpoint's
   */
  static Resume of(Checkpoint checkpoint, TrainConfig asked, Set<String> explicit) {
    var origin = Checkpoints.Origin.of(checkpoint);
    var task = asked.model().task();
    if (!origin.config().string("task").equals(task.key())) {
      throw MmibException.in(
          checkpoint.directory().toString(),
          ErrorCode.CHECKPOINT_DIFFERS,
          "is not of the task " + task.key(),
          "Give the task that the training began with.");
    }
    var settings = new Settings(task).tree(origin.config());
    var was = Settings.flat(origin.config());
    var is = Settings.flat(asked.toJson());
    var differences = new ArrayList<String>();
    is.forEach(
        (key, value) -> {
          if (explicit.contains(key) && !value.equals(was.get(key))) {
            settings.put(key, value);
            if (!WITHOUT_CONSEQUENCE.contains(key)) {
              differences.add(key + " was " + said(was, key) + " and is " + value);
            }
          }
        });
    return new Resume(checkpoint, settings.config(), List.copyOf(differences));
  }

  /** The same, compared also with what the training is run on. */
  Resume on(TrainingData data, Backend backend) {
    var origin = Checkpoints.Origin.of(checkpoint);
    if (!origin.backend().equals(backend.description())) {
      LOG.warn(
          "the training began on {} and goes on with {}: results will differ, between devices in the"
              + " last bits, between precisions in more",
          origin.backend(),
          backend.description());
    }
    if (origin.data().equals(data.fingerprint(config.model().crops()))) {
      return this;
    }
    var all = new ArrayList<>(differences);
    all.add("the data is not the same");
    return new Resume(checkpoint, config, List.copyOf(all));
  }

  private static String said(Map<String, JsonValue> was, String key) {
    var value = was.get(key);
    return value == null ? "unknown" : value.toString();
  }

  /**
   * Refuses a training that is no longer the same, or that is at its end.
   *
   * @param isComplete whether nothing is left to do, the score of the test set included
   */
  void require(TrainingState state, boolean isComplete, Existing existing) {
    if (!differences.isEmpty() && existing == Existing.RESUME) {
      throw MmibException.in(
          checkpoint.directory().toString(),
          ErrorCode.CHECKPOINT_DIFFERS,
          String.join("; ", differences),
          "Give what the training began with, or go on all the same with --force.");
    }
    if (!differences.isEmpty()) {
      LOG.warn("goes on as another training: {}", String.join("; ", differences));
    }
    if (isComplete && differences.isEmpty()) {
      throw MmibException.in(
          checkpoint.directory().toString(),
          ErrorCode.CHECKPOINT_DIFFERS,
          "the training is finished after epoch " + state.epochsDone,
          "Train on from its model with --from, or give more epochs and --force.");
    }
  }
}
