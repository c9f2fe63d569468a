package dev.mmib.train;

import dev.mmib.io.JsonObject;

/**
 * When a training saves where it stands. At the end of every epoch it always does.
 *
 * @param checkpointSteps also after so many steps; 0 for not
 * @param checkpointMinutes also after the first step that ends so long after the last time; 0 for
 *     not
 * @param checkpointsKept the newest ones, of which an older one is read where a newer one is
 *     damaged
 */
public record Saving(int checkpointSteps, int checkpointMinutes, int checkpointsKept) {

  public static final Saving STANDARD = new Saving(0, 10, 2);

  public Saving {
    TrainConfig.require("checkpointSteps", checkpointSteps, 0, Integer.MAX_VALUE);
    TrainConfig.require("checkpointMinutes", checkpointMinutes, 0, 100_000);
    TrainConfig.require("checkpointsKept", checkpointsKept, 2, 1000);
  }

  void write(JsonObject json) {
    json.put("checkpointSteps", checkpointSteps)
        .put("checkpointMinutes", checkpointMinutes)
        .put("checkpointsKept", checkpointsKept);
  }

  static Saving read(JsonObject json) {
    return new Saving(
        json.integer("checkpointSteps", STANDARD.checkpointSteps),
        json.integer("checkpointMinutes", STANDARD.checkpointMinutes),
        json.integer("checkpointsKept", STANDARD.checkpointsKept));
  }
}
