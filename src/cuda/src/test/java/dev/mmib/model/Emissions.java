package dev.mmib.model;

import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.op.MatMul;

/** The scores that an entity model gives to tags, as they come to the host: for benchmarks. */
public final class Emissions {

  private Emissions() {}

  /** All that the device computes of posts but the search for the best tags. */
  public static float[] of(NerModel model, NerBatch batch, ImageBatch images) {
    var encoder = model.encoder();
    var weight = model.parameters().tensor("head.weight");
    var bias = model.parameters().tensor("head.bias");
    return model.inference(
        "emissions",
        batch.text(),
        images,
        () -> {
          var encoded = encoder.encode(batch.text(), images, encoder.noise());
          return MatMul.linear(encoded.value(), weight, bias).toFloats();
        });
  }
}
