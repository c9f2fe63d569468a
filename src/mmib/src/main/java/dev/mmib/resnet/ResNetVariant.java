package dev.mmib.resnet;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What sets the relatives of the ResNet apart, seen by their tensors. */
public final class ResNetVariant {

  /** A sign in the names, and what it means. */
  private record Sign(Pattern names, String meaning) {
    static Sign of(String regex, String meaning) {
      return new Sign(Pattern.compile("(.*\\.)?" + regex), meaning);
    }
  }

  private static final List<Sign> SIGNS =
      List.of(
          Sign.of("attnpool\\..*", "it pools by attention, as CLIP's does"),
          Sign.of("conv1\\.[0-9]+\\.weight", "it has a deep stem, as resnet50d has"),
          Sign.of("layer1\\.0\\.se\\..*", "its blocks squeeze and excite (se), as seresnet50's do"),
          Sign.of("layer[1-4]\\.0\\.(se|attn|eca|cbam)\\..*", "its blocks have channel attention"),
          Sign.of(
              "layer1\\.0\\.conv2\\.(fc1|bn0|conv|attn)\\..*", "its attention is split (ResNeSt)"),
          Sign.of("layer[1-4]\\.0\\.downsample\\.2\\..*", "its shortcuts pool, as resnet50d's do"),
          Sign.of("stages\\.0\\.blocks\\.0\\.(norm1|conv1|downsample)\\..*", "it is a ResNetV2"),
          Sign.of("block1\\.unit01\\..*", "it is a ResNetV2"));

  private ResNetVariant() {}

  /**
   * What differs from the plain network; empty if nothing that is known.
   *
   * @param stored names as they are in the file
   * @param shapes extents by torchvision's names
   */
  public static Optional<String> difference(Collection<String> stored, Map<String, int[]> shapes) {
    for (var sign : SIGNS) {
      for (var name : stored) {
        if (sign.names.matcher(name).matches()) {
          return Optional.of(sign.meaning + " ('" + name + "')");
        }
      }
    }
    var norm = shapes.containsKey("bn1.weight") && !shapes.containsKey("bn1.running_mean");
    if (norm) {
      return Optional.of("its norms have no running statistics, as resnet50_gn's have none");
    }
    return ofBlock(shapes);
  }

  private static Optional<String> ofBlock(Map<String, int[]> shapes) {
    var stem = shapes.get("conv1.weight");
    var middle = shapes.get("layer1.0.conv2.weight");
    boolean bottleneck = shapes.containsKey("layer1.0.conv3.weight");
    if (!bottleneck || stem == null || middle == null || stem.length != 4 || middle.length != 4) {
      return Optional.empty();
    }
    if (middle[1] != middle[0]) {
      return Optional.of("its convolutions are grouped, as ResNeXt's are");
    }
    return middle[0] == stem[0]
        ? Optional.empty()
        : Optional.of("its blocks are wider, as wide_resnet50_2's are");
  }
}
