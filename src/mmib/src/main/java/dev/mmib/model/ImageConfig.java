package dev.mmib.model;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.resnet.ResNetConfig;

/**
 * The settings of the picture encoder.
 *
 * @param encoder a name of {@link ResNetConfig#named}
 * @param frozen whether its weights stay as they are
 * @param size side of the pictures, in pixels
 * @param resize what the short side is made before the centre of {@code size} is cut out
 */
public record ImageConfig(String encoder, boolean frozen, int size, int resize) {

  private static final int SMALLEST = 32;
  private static final int LARGEST = 1024;

  public ImageConfig {
    var network = ResNetConfig.named(encoder);
    if (size < SMALLEST || size > LARGEST || resize < size || resize > 2 * LARGEST) {
      throw MmibException.of(
          ErrorCode.CONFIG,
          "pictures of "
              + network.name()
              + " have size "
              + size
              + " out of "
              + resize
              + ", not "
              + SMALLEST
              + " to "
              + LARGEST
              + " out of no less",
          "Correct image.size and image.resize.");
    }
  }

  /** The usual settings of an encoder: tiny ones are trained on 64², the others frozen on 224². */
  public static ImageConfig of(String encoder) {
    return encoder.equals("tiny")
        ? new ImageConfig(encoder, false, 64, 64)
        : new ImageConfig(encoder, true, 224, 256);
  }

  public ImageConfig withFrozen(boolean other) {
    return new ImageConfig(encoder, other, size, resize);
  }

  /** The encoder's shape. */
  public ResNetConfig network() {
    return ResNetConfig.named(encoder);
  }

  static ImageConfig fromJson(JsonObject json) {
    MmibConfig.requireKnown(json, "encoder", "frozen", "size", "resize");
    var usual = of(json.string("encoder", "tiny"));
    int size = json.integer("size", usual.size);
    // Another size keeps the usual proportion of the cut.
    int resize = (int) Math.round((double) size * usual.resize / usual.size);
    return new ImageConfig(
        usual.encoder, json.bool("frozen", usual.frozen), size, json.integer("resize", resize));
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("encoder", encoder)
        .put("frozen", frozen)
        .put("size", size)
        .put("resize", resize);
  }
}
