package dev.mmib.resnet;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The shape of a ResNet.
 *
 * @param name what users type
 * @param blocks how many each of the four stages has
 * @param isBottleneck three convolutions a block, the last widening fourfold, rather than two
 * @param width channels of the stem and of the first stage; doubled from stage to stage
 */
public record ResNetConfig(String name, List<Integer> blocks, boolean isBottleneck, int width) {

  private static final List<ResNetConfig> KNOWN =
      List.of(
          new ResNetConfig("tiny", List.of(1, 1, 1, 1), false, 16),
          new ResNetConfig("resnet18", List.of(2, 2, 2, 2), false, 64),
          new ResNetConfig("resnet34", List.of(3, 4, 6, 3), false, 64),
          new ResNetConfig("resnet50", List.of(3, 4, 6, 3), true, 64),
          new ResNetConfig("resnet101", List.of(3, 4, 23, 3), true, 64),
          new ResNetConfig("resnet152", List.of(3, 8, 36, 3), true, 64));

  public ResNetConfig {
    blocks = List.copyOf(blocks);
    if (blocks.size() != 4 || blocks.stream().anyMatch(n -> n < 1) || width < 1) {
      throw new IllegalArgumentException(
          "resnet: blocks " + blocks + " and width " + width + " vs four stages of at least one");
    }
  }

  /** One basic block a stage, width 16. */
  public static ResNetConfig tiny() {
    return named("tiny");
  }

  /** The names of {@link #named}. */
  public static List<String> names() {
    return KNOWN.stream().map(ResNetConfig::name).toList();
  }

  /** Whether {@code name} is one of {@link #names}. */
  public static boolean isKnown(String name) {
    return names().contains(name);
  }

  /** {@code tiny} or {@code resnet18|34|50|101|152}. */
  public static ResNetConfig named(String name) {
    return KNOWN.stream()
        .filter(c -> c.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                MmibException.of(
                    ErrorCode.CONFIG_UNSUPPORTED,
                    "the image encoder " + MmibException.quote(name) + " is unknown",
                    "Known are " + String.join(", ", names()) + "."));
  }

  /**
   * The known ResNet whose weights have these shapes.
   *
   * @param stored extents by any of {@link ResNetNames}, such as {@code layer1.0.conv1.weight} →
   *     [64, 64, 1, 1]
   */
  public static Optional<ResNetConfig> ofShapes(Map<String, int[]> stored) {
    var shapes = ResNetNames.of(stored.keySet()).translated(stored);
    var stem = shapes.get("conv1.weight");
    if (stem == null || stem.length != 4) {
      return Optional.empty();
    }
    return KNOWN.stream()
        .filter(c -> c.width == stem[0])
        .filter(c -> c.isBottleneck == shapes.containsKey("layer1.0.conv3.weight"))
        .filter(c -> c.hasBlocksOf(shapes))
        .findFirst();
  }

  /** The tensors of this network by torchvision's names, its classifier left out. */
  public Map<String, int[]> shapes() {
    var all = new LinkedHashMap<String, int[]>();
    step(all, "conv1", "bn1", width, 3, 7);
    int in = width;
    for (int stage = 0; stage < blocks.size(); stage++) {
      int inner = width << stage;
      int out = isBottleneck ? inner * Block.EXPANSION : inner;
      for (int b = 0; b < blocks.get(stage); b++) {
        var at = "layer" + (stage + 1) + "." + b + ".";
        if (isBottleneck) {
          step(all, at + "conv1", at + "bn1", inner, in, 1);
          step(all, at + "conv2", at + "bn2", inner, inner, 3);
          step(all, at + "conv3", at + "bn3", out, inner, 1);
        } else {
          step(all, at + "conv1", at + "bn1", inner, in, 3);
          step(all, at + "conv2", at + "bn2", out, inner, 3);
        }
        if (b == 0 && (stage > 0 || in != out)) {
          step(all, at + "downsample.0", at + "downsample.1", out, in, 1);
        }
        in = out;
      }
    }
    return all;
  }

  private static void step(
      Map<String, int[]> all, String convolution, String norm, int out, int in, int kernel) {
    all.put(convolution + ".weight", new int[] {out, in, kernel, kernel});
    for (var part : List.of("weight", "bias", "running_mean", "running_var")) {
      all.put(norm + "." + part, new int[] {out});
    }
  }

  /**
   * The network that a config.json describes, as HuggingFace's models of type resnet and timm's
   * have it; empty where it is silent about that.
   */
  public static Optional<ResNetConfig> fromJson(JsonObject json) {
    return ResNetConfigFile.read(json);
  }

  private boolean hasBlocksOf(Map<String, int[]> shapes) {
    for (int stage = 0; stage < 4; stage++) {
      var prefix = "layer" + (stage + 1) + ".";
      int last = blocks.get(stage) - 1;
      if (!shapes.containsKey(prefix + last + ".conv1.weight")
          || shapes.containsKey(prefix + (last + 1) + ".conv1.weight")) {
        return false;
      }
    }
    return true;
  }

  /** Length of a pooled feature vector: 2048 for a ResNet-50. */
  public int features() {
    return width * 8 * (isBottleneck ? Block.EXPANSION : 1);
  }
}
