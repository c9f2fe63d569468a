package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.image.ImagePreprocessor;
import dev.mmib.model.ImageConfig;
import dev.mmib.resnet.ResNetConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Weights of a ResNet that a user names: a safetensors file, or a directory as torchvision's,
 * timm's and HuggingFace's users have it.
 *
 * <p>A directory may hold {@code model.safetensors}, shards with their index, or any other
 * safetensors files, all of which are taken; and {@code config.json}, which must then describe the
 * weights, and {@code preprocessor_config.json}.
 */
public final class ResNetSource {

  private static final String CONFIG = "config.json";
  private static final String SAFETENSORS = ".safetensors";

  private final Path path;
  private final @Nullable ResNetConfig configured;
  private final @Nullable ImagePreprocessor preprocessor;

  private ResNetSource(
      Path path, @Nullable ResNetConfig configured, @Nullable ImagePreprocessor preprocessor) {
    this.path = path;
    this.configured = configured;
    this.preprocessor = preprocessor;
  }

  /** Reads the configuration and the preprocessor's, if there are any. */
  public static ResNetSource open(Path path) {
    if (!Files.isDirectory(path)) {
      return new ResNetSource(path, null, null);
    }
    JsonObject config = null;
    if (ConfinedFiles.has(path, CONFIG)) {
      var file = ConfinedFiles.in(path, CONFIG, ErrorCode.CONFIG);
      config = Json.read(file, ErrorCode.CONFIG).asObject();
    }
    return new ResNetSource(
        path,
        config == null ? null : ResNetConfig.fromJson(config).orElse(null),
        PreprocessorConfig.in(path, config).orElse(null));
  }

  /** The settings of the picture encoder: the network's usual ones, pictures as the files say. */
  public ImageConfig imageConfig() {
    var usual = ImageConfig.of(network().name());
    return preprocessor == null
        ? usual
        : new ImageConfig(
            usual.encoder(),
            usual.frozen(),
            preprocessor.crop(),
            preprocessor.resize(),
            preprocessor.rule());
  }

  /** The network, from the names and shapes of its tensors. */
  public ResNetConfig network() {
    try (var stored = files()) {
      return new ResNetWeightCheck(path, configured).check(stored.shapes());
    }
  }

  /** Opens the weights after comparing their names and shapes with the network. */
  public StoredWeights weights() {
    var stored = files();
    boolean fits = false;
    try {
      new ResNetWeightCheck(path, configured).check(stored.shapes());
      fits = true;
      return stored;
    } finally {
      if (!fits) {
        stored.close();
      }
    }
  }

  private StoredWeights files() {
    if (!Files.isDirectory(path)) {
      return StoredWeights.open(path);
    }
    var published = new WeightFiles(path);
    if (published.file() != null) {
      return published.open();
    }
    var files = loose();
    return files.isEmpty() ? published.open() : StoredWeights.open(files);
  }

  private List<Path> loose() {
    try (var files = Files.list(path)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(SAFETENSORS))
          .sorted()
          .map(name -> ConfinedFiles.in(path, name, ErrorCode.MODEL_FILE))
          .toList();
    } catch (IOException e) {
      throw InputFile.failed(path, ErrorCode.MODEL_FILE, e);
    }
  }
}
