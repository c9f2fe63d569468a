package dev.mmib.train;

import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import dev.mmib.model.Task;
import dev.mmib.score.Prf;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a training went.
 *
 * @param epochs done
 * @param bestEpoch the one whose model was kept; 0 for the model before the first
 * @param test null where there is no test split
 * @param postsPerSecond of the training steps
 * @param missingImages posts of all splits whose whole picture was missing or broken
 * @param model the directory of the best model
 * @param interrupted whether it was stopped before its end; the best model so far is saved
 */
public record TrainResult(
    Task task,
    String device,
    int epochs,
    int bestEpoch,
    Prf dev,
    @Nullable Prf test,
    double postsPerSecond,
    int missingImages,
    Path model,
    boolean interrupted) {

  /** What {@code train --json} prints. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("task", task.key())
        .put("device", device)
        .put("epochs", epochs)
        .put("bestEpoch", bestEpoch)
        .put("dev", json(dev))
        .put("test", test == null ? JsonScalar.NULL : json(test))
        .put("postsPerSecond", postsPerSecond)
        .put("missingImages", missingImages)
        .put("model", model.toString());
  }

  static JsonObject json(Prf score) {
    return new JsonObject()
        .put("p", score.precision())
        .put("r", score.recall())
        .put("f1", score.f1());
  }
}
