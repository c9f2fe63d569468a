package dev.mmib.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The names of weights in the authors' checkpoints, and ours.
 *
 * <p>BERT's are the same in both. The released code spells the discriminator "discrimonator" and
 * calls the log-variance "logstd".
 */
public final class ReleasedNames {

  private static final Map<String, String> SHARED =
      Map.of(
          "visual_projection.", "linear.",
          "alignment.discriminator.", "discrimonator.",
          "fusion.image_from_text.", "img2txt_cross.",
          "fusion.text_from_image.", "txt2img_cross.",
          "fusion.linear.", "cross_encoder.",
          "fusion.norm.", "ln.",
          "resnet.", "vis_encoding.resnet.",
          "bert.", "bert.",
          "crf.", "crf.");

  /** Inside an attention block. */
  private static final Map<String, String> BLOCK =
      Map.of(
          "attention.query.", "cross_attn.linears.0.",
          "attention.key.", "cross_attn.linears.1.",
          "attention.value.", "cross_attn.linears.2.",
          "attention.output.", "cross_attn.last_linear.",
          "attention_norm.", "ln1.",
          "dense.", "dense.",
          "output_norm.", "ln2.");

  private final Map<String, String> prefixes;

  private ReleasedNames(Map<String, String> prefixes) {
    this.prefixes = prefixes;
  }

  /** The names in checkpoints of a task. */
  public static ReleasedNames of(Task task) {
    boolean ner = task == Task.NER;
    var infix = ner ? "" : "encoding_";
    var prefixes = new LinkedHashMap<>(SHARED);
    prefixes.put("text_encoder.mean.", "txt_" + infix + "mean.");
    prefixes.put("text_encoder.log_variance.", "txt_" + infix + "logstd.");
    prefixes.put("image_encoder.mean.", "img_" + infix + "mean.");
    prefixes.put("image_encoder.log_variance.", "img_" + infix + "logstd.");
    prefixes.put("head.", ner ? "fc." : "classifier.");
    return new ReleasedNames(prefixes);
  }

  /** The released name of a weight of ours; empty where the released code has no such weight. */
  public Optional<String> released(String ours) {
    for (var entry : prefixes.entrySet()) {
      if (ours.startsWith(entry.getKey())) {
        var rest = ours.substring(entry.getKey().length());
        return Optional.of(
            entry.getValue() + (isBlock(entry.getKey()) ? renamed(rest, false) : rest));
      }
    }
    return Optional.empty();
  }

  /** Our name of a released weight; empty where ours has no such weight. */
  public Optional<String> ours(String released) {
    for (var entry : prefixes.entrySet()) {
      if (released.startsWith(entry.getValue())) {
        var rest = released.substring(entry.getValue().length());
        return Optional.of(entry.getKey() + (isBlock(entry.getKey()) ? renamed(rest, true) : rest));
      }
    }
    return Optional.empty();
  }

  private static boolean isBlock(String prefix) {
    return prefix.contains("_encoder.") || prefix.contains("_from_");
  }

  private static String renamed(String name, boolean toOurs) {
    for (var entry : BLOCK.entrySet()) {
      var from = toOurs ? entry.getValue() : entry.getKey();
      if (name.startsWith(from)) {
        return (toOurs ? entry.getKey() : entry.getValue()) + name.substring(from.length());
      }
    }
    return name;
  }
}
