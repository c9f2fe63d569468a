package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.image.ImagePreprocessor;
import dev.mmib.image.PixelRule;
import dev.mmib.image.ResizeKernel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How pictures are prepared by the files of an image encoder: HuggingFace's {@code
 * preprocessor_config.json}, or {@code pretrained_cfg} in timm's {@code config.json}.
 *
 * <p>Pictures are always resized by their short side, the centre square is cut out, and channels
 * are normalized. What a file wants beyond that is refused, or replaced with one warning that says
 * so.
 */
final class PreprocessorConfig {

  private static final Logger LOG = LoggerFactory.getLogger(PreprocessorConfig.class);

  static final String FILE = "preprocessor_config.json";
  private static final int SMALLEST = 32;
  private static final int LARGEST = 1024;
  private static final double USUAL_SHARE = 0.875;

  /** From this size on, ConvNeXt's preprocessor cuts nothing off. */
  private static final int WHOLE_FROM = 384;

  private static final String CURE = "Correct it, or leave the file out for ImageNet's usual.";

  /** Pillow's numbers of its filters. */
  private static final List<String> FILTERS =
      List.of("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming");

  private final JsonObject json;

  private PreprocessorConfig(JsonObject json) {
    this.json = json;
  }

  /** What a directory's files say; empty if nothing. */
  static Optional<ImagePreprocessor> in(Path directory, @Nullable JsonObject config) {
    if (ConfinedFiles.has(directory, FILE)) {
      var file = ConfinedFiles.in(directory, FILE, ErrorCode.CONFIG);
      return Optional.of(
          new PreprocessorConfig(Json.read(file, ErrorCode.CONFIG).asObject()).huggingFace());
    }
    if (config != null && !config.absent("pretrained_cfg")) {
      return Optional.of(new PreprocessorConfig(config.object("pretrained_cfg")).timm());
    }
    return Optional.empty();
  }

  private ImagePreprocessor huggingFace() {
    for (var flag : List.of("do_flip_channel_order", "do_pad", "do_grayscale")) {
      if (json.bool(flag, false)) {
        throw unsupported(flag, flag + " is not supported");
      }
    }
    if (!json.bool("do_resize", true)) {
      throw unsupported("do_resize", "pictures that are not resized are not supported");
    }
    int side = json.absent("size") ? 224 : side("size");
    var type = json.string("image_processor_type", "") + json.string("feature_extractor_type", "");
    boolean cuts = !json.absent("crop_size") && json.bool("do_center_crop", true);
    boolean byShare = !cuts && (!json.absent("crop_pct") || type.contains("ConvNext"));
    var rule = new PixelRule(kernel(), mean(), deviation());
    if (cuts) {
      return preprocessor(side, side("crop_size"), rule, "crop_size");
    }
    if (byShare && side < WHOLE_FROM) {
      return preprocessor((int) (side / share("crop_pct")), side, rule, "crop_pct");
    }
    warnOfSquares();
    return preprocessor(side, side, rule, "size");
  }

  private ImagePreprocessor timm() {
    int side = 224;
    if (!json.absent("input_size")) {
      var size = json.array("input_size");
      var dims = size.items().stream().map(JsonValue::asInt).toList();
      if (dims.size() != 3 || dims.get(0) != 3 || !dims.get(1).equals(dims.get(2))) {
        throw size.error("input_size is not [3, side, side]", CURE);
      }
      side = inRange(dims.get(1), size, "input_size");
    }
    if (!json.string("crop_mode", "center").equals("center")) {
      warnOfSquares();
    }
    var rule =
        new PixelRule(
            kernel("interpolation"),
            numbers("mean", PixelRule.IMAGENET.mean()),
            deviations("std", PixelRule.IMAGENET.deviation()));
    return preprocessor((int) (side / share("crop_pct")), side, rule, "crop_pct");
  }

  private ImagePreprocessor preprocessor(int resize, int crop, PixelRule rule, String field) {
    if (resize < crop || resize > 2 * LARGEST) {
      var at = json.absent(field) ? json : json.at(field);
      throw at.error(
          "the short side is made " + resize + " before " + crop + " are cut out of it", CURE);
    }
    return new ImagePreprocessor(resize, crop, rule);
  }

  private void warnOfSquares() {
    LOG.warn("{}: pictures are not squeezed into squares here, their centre is cut out", FILE);
  }

  /** The share of the short side that is kept. */
  private double share(String field) {
    double share = json.number(field, USUAL_SHARE);
    if (!(share > 0.1 && share <= 1)) {
      throw json.at(field).error(field + " is " + share + ", not above 0.1 and up to 1", CURE);
    }
    return share;
  }

  /** A side in pixels, written as a number, or as an object with one side or two equal ones. */
  private int side(String field) {
    var value = json.at(field);
    if (!(value instanceof JsonObject object)) {
      return inRange(json.integer(field), value, field);
    }
    if (!object.absent("shortest_edge")) {
      return inRange(object.integer("shortest_edge"), value, field);
    }
    int height = object.integer("height");
    int width = object.integer("width");
    if (height != width) {
      throw value.error(field + " is " + height + " by " + width + ", no square", CURE);
    }
    return inRange(height, value, field);
  }

  private static int inRange(int side, JsonValue at, String field) {
    if (side < SMALLEST || side > LARGEST) {
      throw at.error(field + " is " + side + ", not " + SMALLEST + " to " + LARGEST, CURE);
    }
    return side;
  }

  private ResizeKernel kernel() {
    return kernel("resample");
  }

  private ResizeKernel kernel(String field) {
    if (json.absent(field)) {
      return ResizeKernel.BILINEAR;
    }
    var value = json.at(field);
    var text = value.toString();
    var name = text.startsWith("\"") ? value.asString() : FILTERS.get(within(value, value.asInt()));
    if (!FILTERS.contains(name) && !name.equals("random")) {
      throw value.error(field + " " + MmibException.quote(name) + " is unknown", CURE);
    }
    for (var kernel : ResizeKernel.values()) {
      if (kernel.name().equalsIgnoreCase(name)) {
        return kernel;
      }
    }
    LOG.warn("{}: pictures are resized bilinearly, not by {}", field, name);
    return ResizeKernel.BILINEAR;
  }

  private static int within(JsonValue at, int number) {
    if (number < 0 || number >= FILTERS.size()) {
      throw at.error("resample " + number + " is no filter of Pillow's", CURE);
    }
    return number;
  }

  private List<Double> mean() {
    return normalizes()
        ? scaled(numbers("image_mean", PixelRule.IMAGENET.mean()))
        : List.of(0.0, 0.0, 0.0);
  }

  private List<Double> deviation() {
    return scaled(
        normalizes()
            ? deviations("image_std", PixelRule.IMAGENET.deviation())
            : List.of(1.0, 1.0, 1.0));
  }

  private boolean normalizes() {
    return json.bool("do_normalize", true);
  }

  /** Values are in [0, 1] here; where a file has them in another range, what is applied moves. */
  private List<Double> scaled(List<Double> values) {
    double factor = json.number("rescale_factor", 1 / 255.0);
    if (!(factor > 1e-4 && factor <= 1)) {
      throw json.at("rescale_factor").error("rescale_factor is " + factor, CURE);
    }
    double whole = 255 * (json.bool("do_rescale", true) ? factor : 1);
    boolean usual = Math.abs(whole - 1) < 1e-9;
    return usual ? values : values.stream().map(v -> v / whole).toList();
  }

  private List<Double> numbers(String field, List<Double> otherwise) {
    if (json.absent(field)) {
      LOG.warn("no {}: ImageNet's is taken", field);
      return otherwise;
    }
    var array = json.array(field);
    if (array.size() != 3) {
      throw array.error(field + " has " + array.size() + " numbers, not 3", CURE);
    }
    var values = new ArrayList<Double>();
    for (var value : array) {
      double number = value.asDouble();
      if (!(Math.abs(number) <= 255)) {
        throw value.error(field + " has " + number + ", not from -255 to 255", CURE);
      }
      values.add(number);
    }
    return Collections.unmodifiableList(values);
  }

  private List<Double> deviations(String field, List<Double> otherwise) {
    var values = numbers(field, otherwise);
    for (double value : values) {
      if (!(value > 1e-6)) {
        throw json.at(field).error(field + " has " + value + ", not above 0", CURE);
      }
    }
    return values;
  }

  private MmibException unsupported(String field, String what) {
    var located = json.at(field).error(what, CURE);
    var file = located.file();
    var position = located.position();
    return file == null || position == null
        ? MmibException.of(ErrorCode.CONFIG_UNSUPPORTED, what, CURE)
        : MmibException.at(file, position, ErrorCode.CONFIG_UNSUPPORTED, what, CURE);
  }
}
