package dev.mmib.cli.study;

import dev.mmib.model.Task;

/**
 * One kind of training that a study repeats under every seed.
 *
 * @param noise share of stray pictures in the data
 * @param device another one than the study's, or empty
 */
record Arm(Task task, double noise, Change change, String device) {

  Arm(Task task, double noise, Change change) {
    this(task, noise, change, "");
  }

  Arm on(String other) {
    return new Arm(task, noise, change, other);
  }

  /** The name under which its runs are kept. */
  String key() {
    return task.key()
        + ", noise "
        + Plan.number(noise)
        + ", "
        + change.name()
        + (device.isEmpty() ? "" : ", on " + device);
  }
}
