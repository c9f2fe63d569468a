package dev.mmib.resnet;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
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
   * The known ResNet whose weights have these shapes, by torchvision's names without a prefix.
   *
   * @param shapes extents by name, such as {@code layer1.0.conv1.weight} → [64, 64, 1, 1]
   */
  public static Optional<ResNetConfig> ofShapes(Map<String, int[]> shapes) {
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
