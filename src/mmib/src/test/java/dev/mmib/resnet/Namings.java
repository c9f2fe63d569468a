package dev.mmib.resnet;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** torchvision's names of a ResNet's tensors turned into those of others. */
public final class Namings {

  private static final Pattern BLOCK =
      Pattern.compile("layer(\\d)\\.(\\d+)\\.(conv|bn|downsample\\.)(\\d)\\.(.*)");

  private Namings() {}

  /** Every naming that is read, by who has it. */
  public static Map<String, UnaryOperator<String>> all() {
    var all = new TreeMap<String, UnaryOperator<String>>();
    all.put("torchvision, timm", UnaryOperator.identity());
    all.put("timm wrapped", name -> "timm_model." + name);
    all.put("mmib", name -> name.startsWith("fc.") ? name : "resnet." + name);
    all.put("HuggingFace with a classifier", Namings::classifier);
    all.put("HuggingFace bare", Namings::huggingFace);
    return all;
  }

  /** As ResNetForImageClassification saves it, {@code microsoft/resnet-50}. */
  public static String classifier(String name) {
    return name.startsWith("fc.") ? huggingFace(name) : "resnet." + huggingFace(name);
  }

  /** As ResNetModel saves it. */
  public static String huggingFace(String name) {
    if (name.startsWith("fc.")) {
      return "classifier.1." + name.substring(3);
    }
    if (name.startsWith("conv1.")) {
      return "embedder.embedder.convolution." + name.substring(6);
    }
    if (name.startsWith("bn1.")) {
      return "embedder.embedder.normalization." + name.substring(4);
    }
    var block = BLOCK.matcher(name);
    if (!block.matches()) {
      throw new AssertionError(name);
    }
    int number = Integer.parseInt(block.group(4));
    var part =
        switch (block.group(3)) {
          case "conv" -> "layer." + (number - 1) + ".convolution";
          case "bn" -> "layer." + (number - 1) + ".normalization";
          default -> "shortcut." + (number == 0 ? "convolution" : "normalization");
        };
    int stage = Integer.parseInt(block.group(1)) - 1;
    return "encoder.stages."
        + stage
        + ".layers."
        + block.group(2)
        + "."
        + part
        + "."
        + block.group(5);
  }
}
