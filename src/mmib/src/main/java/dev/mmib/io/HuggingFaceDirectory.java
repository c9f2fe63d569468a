package dev.mmib.io;

import dev.mmib.bert.BertConfig;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.text.BertTokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A BERT as HuggingFace publishes it: {@code config.json}, a vocabulary, and weights.
 *
 * <p>The weights are {@code model.safetensors}, or shards with {@code
 * model.safetensors.index.json}. PyTorch's pickles beside them are never read, also not when the
 * safetensors are broken.
 */
public final class HuggingFaceDirectory {

  private static final Logger LOG = LoggerFactory.getLogger(HuggingFaceDirectory.class);
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final List<String> PICKLES =
      List.of("pytorch_model.bin", "pytorch_model.bin.index.json");

  private final Path path;
  private final JsonObject json;
  private final BertConfig config;

  private HuggingFaceDirectory(Path path, JsonObject json, BertConfig config) {
    this.path = path;
    this.json = json;
    this.config = config;
  }

  /** Reads the configuration of a directory. */
  public static HuggingFaceDirectory open(Path path) {
    if (!Files.isDirectory(path)) {
      throw MmibException.in(
          path.toString(),
          ErrorCode.MODEL_FILE,
          Files.exists(path) ? "is not a directory" : "no such directory",
          "Give a directory with config.json, model.safetensors and vocab.txt.");
    }
    var json = Json.read(path.resolve("config.json"), ErrorCode.CONFIG).asObject();
    return new HuggingFaceDirectory(path, json, BertConfig.fromJson(json));
  }

  public Path path() {
    return path;
  }

  public BertConfig config() {
    return config;
  }

  /** The vocabulary; refused if it has more tokens than the table of word pieces has rows. */
  public BertTokenizer tokenizer() {
    var tokenizer = BertTokenizer.load(path);
    if (tokenizer.size() > config.vocabularySize()) {
      throw json.at("vocab_size")
          .error(
              "vocab_size is "
                  + config.vocabularySize()
                  + ", but the vocabulary has "
                  + tokenizer.size()
                  + " tokens",
              "Take both from the same model.");
    }
    if (tokenizer.size() < config.vocabularySize()) {
      LOG.warn(
          "{}: {} tokens for {} rows of word pieces; the rest is never used",
          path,
          tokenizer.size(),
          config.vocabularySize());
    }
    return tokenizer;
  }

  /** Whether there are weights of any kind. */
  public boolean hasWeights() {
    return weightFile() != null || pickle() != null;
  }

  /** Opens the weights after comparing their names and shapes with the configuration. */
  public StoredWeights weights() {
    var file = weightFile();
    var pickle = pickle();
    if (file == null) {
      throw MmibException.in(
          path.toString(),
          ErrorCode.MODEL_FILE,
          pickle == null ? "has no " + SINGLE : "has " + pickle + ", but no " + SINGLE,
          pickle == null
              ? "Put the weights there."
              : "Pickles are not read here: save the model as safetensors.");
    }
    if (pickle != null) {
      LOG.info("{}: {} is read, {} is not", path, file.getFileName(), pickle);
    }
    var stored =
        file.endsWith(INDEX)
            ? StoredWeights.open(WeightIndex.read(file).shards())
            : StoredWeights.open(file);
    boolean fits = false;
    try {
      new BertWeightCheck(file, json, config).check(stored.shapes());
      fits = true;
      return stored;
    } finally {
      if (!fits) {
        stored.close();
      }
    }
  }

  private @Nullable Path weightFile() {
    for (var name : List.of(SINGLE, INDEX)) {
      if (Files.exists(path.resolve(name))) {
        return path.resolve(name);
      }
    }
    return null;
  }

  private @Nullable String pickle() {
    return PICKLES.stream()
        .filter(name -> Files.exists(path.resolve(name)))
        .findFirst()
        .orElse(null);
  }
}
