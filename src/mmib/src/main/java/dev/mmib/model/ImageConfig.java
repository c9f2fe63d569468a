package dev.mmib.model;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.image.ImagePreprocessor;
import dev.mmib.image.PixelRule;
import dev.mmib.image.ResizeKernel;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import dev.mmib.resnet.ResNetConfig;
import java.util.List;

/**
 * The settings of the picture encoder.
 *
 * @param encoder a name of {@link ResNetConfig#named}
 * @param frozen whether its weights stay as they are
 * @param size side of the pictures, in pixels
 * @param resize what the short side is made before the centre of {@code size} is cut out
 * @param pixels how pictures become numbers
 */
public record ImageConfig(String encoder, boolean frozen, int size, int resize, PixelRule pixels) {

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

  /** Settings with what ImageNet models are given. */
  public ImageConfig(String encoder, boolean frozen, int size, int resize) {
    this(encoder, frozen, size, resize, PixelRule.IMAGENET);
  }

  /** The usual settings of an encoder: tiny ones are trained on 64², the others frozen on 224². */
  public static ImageConfig of(String encoder) {
    return encoder.equals("tiny")
        ? new ImageConfig(encoder, false, 64, 64)
        : new ImageConfig(encoder, true, 224, 256);
  }

  public ImageConfig withFrozen(boolean other) {
    return new ImageConfig(encoder, other, size, resize, pixels);
  }

  /** What makes pictures into numbers. */
  public ImagePreprocessor preprocessor() {
    return new ImagePreprocessor(resize, size, pixels);
  }

  /** The encoder's shape. */
  public ResNetConfig network() {
    return ResNetConfig.named(encoder);
  }

  static ImageConfig fromJson(JsonObject json) {
    MmibConfig.requireKnown(json, "encoder", "frozen", "size", "resize", "resample", "mean", "std");
    var usual = of(json.string("encoder", "tiny"));
    int size = json.integer("size", usual.size);
    // Another size keeps the usual proportion of the cut.
    int resize = (int) Math.round((double) size * usual.resize / usual.size);
    return new ImageConfig(
        usual.encoder,
        json.bool("frozen", usual.frozen),
        size,
        json.integer("resize", resize),
        new PixelRule(
            Keys.read(json, "resample", ResizeKernel.class, usual.pixels.kernel()),
            numbers(json, "mean", usual.pixels.mean()),
            numbers(json, "std", usual.pixels.deviation())));
  }

  private static List<Double> numbers(JsonObject json, String key, List<Double> otherwise) {
    return json.absent(key)
        ? otherwise
        : json.array(key).items().stream().map(JsonValue::asDouble).toList();
  }

  private static JsonArray array(List<Double> numbers) {
    var array = new JsonArray();
    numbers.forEach(array::add);
    return array;
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("encoder", encoder)
        .put("frozen", frozen)
        .put("size", size)
        .put("resize", resize)
        .put("resample", Keys.of(pixels.kernel()))
        .put("mean", array(pixels.mean()))
        .put("std", array(pixels.deviation()));
  }
}
