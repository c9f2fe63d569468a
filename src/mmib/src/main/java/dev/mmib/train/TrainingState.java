package dev.mmib.train;

import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.score.Prf;
import dev.mmib.tensor.RandomState;
import java.util.List;

/**
 * Where a training stands, apart from its tensors.
 *
 * <p>With the weights, the optimizer's state and the configuration it decides everything that
 * follows: the order of an epoch comes from the seed and the epoch's number, noise and dropout from
 * the seed and the position of the random state. A step is never half done here, so there are no
 * partial gradients.
 */
final class TrainingState {

  /** Steps done. */
  long step;

  /** The epoch that is under way, from 1; its first {@link #stepInEpoch} steps are done. */
  int epoch = 1;

  int stepInEpoch;

  /** Of this epoch so far: the sum of its rows' losses, and how many rows. */
  double lossSum;

  int rows;

  /** Epochs whose end was scored. */
  int epochsDone;

  /** Negative if none was scored yet. */
  int bestEpoch = -1;

  Prf best = new Prf(0, 0, 0, 0);

  /** Steps that were left out because something was not finite. */
  int skips;

  /** Of all training steps: posts, and the time that they took. */
  long posts;

  double seconds;

  /** Whether nothing is left to do: all epochs are done, or there was no progress any more. */
  boolean finished;

  /** Where the random numbers go on. */
  RandomState random;

  /** Of metrics.jsonl, what belongs to the steps done. */
  long metricsBytes;

  /** Posts without a picture so far, by their places. */
  List<String> missingPictures = List.of();

  TrainingState(long seed) {
    random = new RandomState(seed, 0);
  }

  /** Begins the epoch after the one that was just scored. */
  void nextEpoch() {
    epochsDone = epoch;
    epoch++;
    stepInEpoch = 0;
    lossSum = 0;
    rows = 0;
  }

  JsonObject toJson() {
    var missing = new JsonArray();
    missingPictures.forEach(missing::add);
    return new JsonObject()
        .put("step", step)
        .put("epoch", epoch)
        .put("stepInEpoch", stepInEpoch)
        .put("lossSum", lossSum)
        .put("rows", rows)
        .put("epochsDone", epochsDone)
        .put("bestEpoch", bestEpoch)
        .put(
            "best",
            new JsonObject()
                .put("precision", best.precision())
                .put("recall", best.recall())
                .put("f1", best.f1())
                .put("support", best.support()))
        .put("skips", skips)
        .put("posts", posts)
        .put("seconds", seconds)
        .put("finished", finished)
        .put("randomSeed", random.seed())
        .put("randomPosition", random.position())
        .put("metricsBytes", metricsBytes)
        .put("missingPictures", missing);
  }

  static TrainingState fromJson(JsonObject json) {
    var state = new TrainingState(0);
    var best = json.object("best");
    state.step = json.longInteger("step");
    state.epoch = json.integer("epoch");
    state.stepInEpoch = json.integer("stepInEpoch");
    state.lossSum = json.number("lossSum");
    state.rows = json.integer("rows");
    state.epochsDone = json.integer("epochsDone");
    state.bestEpoch = json.integer("bestEpoch");
    state.best =
        new Prf(
            best.number("precision"),
            best.number("recall"),
            best.number("f1"),
            best.integer("support"));
    state.skips = json.integer("skips");
    state.posts = json.longInteger("posts");
    state.seconds = json.number("seconds");
    state.finished = json.bool("finished");
    state.random =
        new RandomState(json.longInteger("randomSeed"), json.longInteger("randomPosition"));
    state.metricsBytes = json.longInteger("metricsBytes");
    state.missingPictures = json.array("missingPictures").strings();
    return state;
  }
}
