package dev.mmib.cli.study;

import dev.mmib.io.JsonObject;

/**
 * What one run came to.
 *
 * @param arm its {@link Arm#key}
 * @param device that it ran on
 * @param f1 on the test split
 * @param attainable the best possible score on that split
 * @param attainableTextOnly the same for a reader of the words alone
 */
record Outcome(
    String arm,
    long seed,
    String device,
    double f1,
    double devF1,
    double attainable,
    double attainableTextOnly,
    int bestEpoch,
    double seconds) {

  JsonObject toJson() {
    return new JsonObject()
        .put("arm", arm)
        .put("seed", seed)
        .put("device", device)
        .put("f1", f1)
        .put("devF1", devF1)
        .put("attainableF1", attainable)
        .put("attainableTextOnlyF1", attainableTextOnly)
        .put("bestEpoch", bestEpoch)
        .put("seconds", seconds);
  }

  static Outcome fromJson(JsonObject json) {
    return new Outcome(
        json.string("arm"),
        json.longInteger("seed"),
        json.string("device"),
        json.number("f1"),
        json.number("devF1"),
        json.number("attainableF1"),
        json.number("attainableTextOnlyF1"),
        json.integer("bestEpoch"),
        json.number("seconds"));
  }
}
