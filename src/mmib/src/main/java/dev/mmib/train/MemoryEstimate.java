package dev.mmib.train;

import dev.mmib.io.JsonObject;

/**
 * What a training needs at its peak, in bytes, found by going through it without computing.
 *
 * @param parameters the model's weights
 * @param gradients of those that training changes
 * @param optimizer its moments
 * @param activations whatever else of tensors is alive at the peak
 * @param device what the device needs beside tensors: rounded sizes, reordered copies
 * @param pictures decoded ones that wait for their step, and those that are remembered
 * @param data encoded rows, and the largest tensor on its way to or from the device
 */
public record MemoryEstimate(
    long parameters,
    long gradients,
    long optimizer,
    long activations,
    long device,
    long pictures,
    long data) {

  /** All of it. */
  public long total() {
    return tensors() + device + heap();
  }

  /** What the device's buffers come to at their peak. */
  public long tensors() {
    return parameters + gradients + optimizer + activations;
  }

  /** What Java's heap holds whatever the device. */
  public long heap() {
    return pictures + data;
  }

  /** The parts and their sum. */
  JsonObject toJson() {
    return new JsonObject()
        .put("parameters", parameters)
        .put("gradients", gradients)
        .put("optimizer", optimizer)
        .put("activations", activations)
        .put("device", device)
        .put("pictures", pictures)
        .put("data", data)
        .put("total", total());
  }
}
