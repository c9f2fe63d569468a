package dev.mmib.resnet;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The names that torchvision, timm and HuggingFace give to the weights of one ResNet.
 *
 * <p>This library's are torchvision's, which are timm's too. HuggingFace counts from 0 and calls a
 * convolution by what it is:
 *
 * <pre>
 *   embedder.embedder.convolution.weight                        conv1.weight
 *   encoder.stages.0.layers.1.layer.2.normalization.bias        layer1.1.bn3.bias
 *   encoder.stages.3.layers.0.shortcut.convolution.weight       layer4.0.downsample.0.weight
 *   classifier.1.weight                                         fc.weight
 * </pre>
 *
 * <p>All may have {@code resnet.} before them, timm's also {@code timm_model.}.
 */
public final class ResNetNames {

  private static final List<String> PREFIXES = List.of("", "resnet.", "timm_model.");

  /** Names that begin the network: no other network at the same prefix has them. */
  private static final List<String> STEMS =
      List.of("conv1.", "embedder.embedder.", "bn1.", "layer1.0.", "encoder.stages.0.layers.0.");

  private static final Pattern TORCHVISION =
      Pattern.compile("(conv1|bn1|fc|layer[1-9][0-9]{0,3}\\.[0-9]{1,4})\\..+");
  private static final Pattern STEM =
      Pattern.compile("embedder\\.embedder\\.(convolution|normalization)\\.(\\w+)");
  private static final Pattern STEP =
      Pattern.compile(
          "encoder\\.stages\\.(\\d{1,3})\\.layers\\.(\\d{1,3})"
              + "\\.(shortcut|layer\\.(\\d{1,3}))\\.(convolution|normalization)\\.(\\w+)");
  private static final String THEIR_CLASSIFIER = "classifier.1.";

  private final Map<String, List<String>> storedOf = new LinkedHashMap<>();
  private final boolean isHuggingFace;
  private final String prefix;

  private ResNetNames(Collection<String> stored) {
    this.prefix = prefixOf(stored);
    this.isHuggingFace =
        stored.stream().anyMatch(name -> name.startsWith(prefix + "encoder.stages."));
    for (var name : new TreeSet<>(stored)) {
      var ours = ours(name);
      if (!ours.isEmpty()) {
        storedOf.merge(ours, List.of(name), ResNetNames::join);
      }
    }
  }

  /** The names of one file's tensors; those that belong to no ResNet have no part in it. */
  public static ResNetNames of(Collection<String> stored) {
    return new ResNetNames(stored);
  }

  private static String prefixOf(Collection<String> stored) {
    return PREFIXES.stream()
        .filter(
            prefix ->
                stored.stream()
                    .anyMatch(name -> STEMS.stream().anyMatch(s -> name.startsWith(prefix + s))))
        .findFirst()
        .orElse("");
  }

  private static List<String> join(List<String> a, List<String> b) {
    return List.of(a.get(0), b.get(0));
  }

  /** torchvision's name of a stored tensor; empty for what belongs to no ResNet. */
  private String ours(String stored) {
    boolean classifier = isHuggingFace && stored.startsWith(THEIR_CLASSIFIER);
    if (!classifier && !stored.startsWith(prefix)) {
      return "";
    }
    var bare = classifier ? stored : stored.substring(prefix.length());
    if (TORCHVISION.matcher(bare).matches()) {
      return bare;
    }
    if (bare.startsWith(THEIR_CLASSIFIER)) {
      return isHuggingFace ? "fc." + bare.substring(THEIR_CLASSIFIER.length()) : "";
    }
    var stem = STEM.matcher(bare);
    if (stem.matches()) {
      return (stem.group(1).equals("convolution") ? "conv1." : "bn1.") + stem.group(2);
    }
    var step = STEP.matcher(bare);
    if (!step.matches()) {
      return "";
    }
    boolean convolution = step.group(5).equals("convolution");
    var number = step.group(4);
    var part =
        number == null
            ? "downsample." + (convolution ? 0 : 1)
            : (convolution ? "conv" : "bn") + (Integer.parseInt(number) + 1);
    int stage = Integer.parseInt(step.group(1)) + 1;
    return "layer" + stage + "." + step.group(2) + "." + part + "." + step.group(6);
  }

  /**
   * The stored names of a weight, by torchvision's: none where it is missing, several where the
   * file has it more than once.
   */
  public List<String> stored(String ours) {
    return storedOf.getOrDefault(ours, List.of());
  }

  /** How this file would call a weight of torchvision's name, for messages. */
  public String spelled(String ours) {
    return isHuggingFace ? prefix + theirs(ours) : prefix + ours;
  }

  private static String theirs(String ours) {
    var at = ours.split("\\.", -1);
    var last = at[at.length - 1];
    if (at[0].equals("conv1") || at[0].equals("bn1")) {
      return "embedder.embedder." + kind(at[0].equals("conv1")) + "." + last;
    }
    int stage = Integer.parseInt(at[0].substring("layer".length())) - 1;
    var part =
        at[2].equals("downsample")
            ? "shortcut." + kind(at[3].equals("0"))
            : "layer."
                + (Integer.parseInt(at[2].replaceAll("\\D+", "")) - 1)
                + "."
                + kind(at[2].startsWith("conv"));
    return "encoder.stages." + stage + ".layers." + at[1] + "." + part + "." + last;
  }

  private static String kind(boolean isConvolution) {
    return isConvolution ? "convolution" : "normalization";
  }

  /** What a file has, by torchvision's names. */
  public <T> Map<String, T> translated(Map<String, T> stored) {
    var all = new LinkedHashMap<String, T>();
    storedOf.forEach(
        (ours, names) -> {
          var value = stored.get(names.get(0));
          if (value != null) {
            all.put(ours, value);
          }
        });
    return all;
  }
}
