package dev.mmib.resnet;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the config.json of a ResNet, HuggingFace's or timm's. */
final class ResNetConfigFile {

  private static final Logger LOG = LoggerFactory.getLogger(ResNetConfigFile.class);

  /** timm's names of the plain network, by where the weights were trained. */
  private static final Pattern TIMM =
      Pattern.compile("(tv_|gluon_|ssl_|swsl_)?(resnet(?:18|34|50|101|152))(_v1b)?(\\..+)?");

  private ResNetConfigFile() {}

  static Optional<ResNetConfig> read(JsonObject json) {
    for (var foreign : List.of("auto_map", "trust_remote_code", "custom_pipelines")) {
      if (json.has(foreign)) {
        LOG.warn("config.json: {} is ignored, code of a model is never run", foreign);
      }
    }
    if (!json.absent("model_type") && !json.string("model_type").equals("timm_wrapper")) {
      return Optional.of(huggingFace(json));
    }
    if (!json.absent("architecture")) {
      return Optional.of(timm(json));
    }
    LOG.warn("config.json says neither model_type nor architecture; the tensors decide");
    return Optional.empty();
  }

  private static ResNetConfig timm(JsonObject json) {
    var named = TIMM.matcher(json.string("architecture"));
    if (!named.matches()) {
      throw unsupported(
          json.at("architecture"),
          "architecture "
              + MmibException.quote(json.string("architecture"))
              + " is no plain ResNet");
    }
    return ResNetConfig.named(named.group(2));
  }

  private static ResNetConfig huggingFace(JsonObject json) {
    if (!json.string("model_type").equals("resnet")) {
      throw unsupported(
          json.at("model_type"),
          "model_type " + MmibException.quote(json.string("model_type")) + " is not resnet");
    }
    if (!json.string("hidden_act", "relu").equals("relu")) {
      throw unsupported(
          json.at("hidden_act"),
          "hidden_act " + MmibException.quote(json.string("hidden_act")) + " is not relu");
    }
    for (var flag : List.of("downsample_in_first_stage", "downsample_in_bottleneck")) {
      if (json.bool(flag, false)) {
        throw unsupported(json.at(flag), flag + " is not supported");
      }
    }
    if (json.integer("num_channels", 3) != 3) {
      throw unsupported(json.at("num_channels"), "num_channels is not 3");
    }
    var layer = json.string("layer_type", "bottleneck");
    boolean bottleneck = layer.equals("bottleneck");
    if (!bottleneck && !layer.equals("basic")) {
      throw unsupported(
          json.at("layer_type"),
          "layer_type " + MmibException.quote(layer) + " is neither basic nor bottleneck");
    }
    var depths = integers(json, "depths", List.of(3, 4, 6, 3));
    int width = json.integer("embedding_size", 64);
    var network =
        ResNetConfig.names().stream()
            .map(ResNetConfig::named)
            .filter(c -> c.isBottleneck() == bottleneck && c.width() == width)
            .filter(c -> c.blocks().equals(depths))
            .findFirst()
            .orElseThrow(
                () ->
                    unsupported(
                        json.absent("depths") ? json : json.at("depths"),
                        layer
                            + " blocks of depths "
                            + depths
                            + " and embedding_size "
                            + width
                            + " are no network that is known"));
    var widths =
        IntStream.range(0, 4)
            .mapToObj(s -> (width << s) * (bottleneck ? Block.EXPANSION : 1))
            .toList();
    var given = integers(json, "hidden_sizes", List.of(256, 512, 1024, 2048));
    if (!given.equals(widths)) {
      throw unsupported(
          json.absent("hidden_sizes") ? json : json.at("hidden_sizes"),
          "hidden_sizes are " + given + ", those of a " + network.name() + " are " + widths);
    }
    return network;
  }

  private static List<Integer> integers(JsonObject json, String key, List<Integer> otherwise) {
    if (json.absent(key)) {
      return otherwise;
    }
    var all = new ArrayList<Integer>();
    for (var value : json.array(key)) {
      all.add(value.asInt());
      if (all.size() > 16) {
        throw unsupported(json.at(key), key + " are more than four");
      }
    }
    return all;
  }

  private static MmibException unsupported(JsonValue at, String what) {
    var hint = "Known are " + String.join(", ", ResNetConfig.names()) + ".";
    var located = at.error(what, hint);
    var file = located.file();
    var position = located.position();
    return file == null || position == null
        ? MmibException.of(ErrorCode.CONFIG_UNSUPPORTED, what, hint)
        : MmibException.at(file, position, ErrorCode.CONFIG_UNSUPPORTED, what, hint);
  }
}
