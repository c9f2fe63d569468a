package dev.mmib.io;

import dev.mmib.bert.BertConfig;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.text.BertTokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
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

  private final Path path;
  private final JsonObject json;
  private final BertConfig config;
  private final WeightFiles files;

  private HuggingFaceDirectory(Path path, JsonObject json, BertConfig config) {
    this.path = path;
    this.json = json;
    this.config = config;
    this.files = new WeightFiles(path);
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
    var json =
        Json.read(ConfinedFiles.in(path, "config.json", ErrorCode.CONFIG), ErrorCode.CONFIG)
            .asObject();
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
                  + " tokens"
                  + rows(),
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

  /** How many rows the table of word pieces has, where there is one. */
  private String rows() {
    if (files.file() == null) {
      return "";
    }
    try (var stored = files.open()) {
      for (var name : StoredWeights.bertSpellings("bert.embeddings.word_embeddings.weight")) {
        var dims = stored.dims(name);
        if (dims != null && dims.length > 0) {
          return " and the table of word pieces " + dims[0] + " rows";
        }
      }
      return "";
    }
  }

  /** Whether there are weights of any kind. */
  public boolean hasWeights() {
    return files.file() != null || files.pickle() != null;
  }

  /** Opens the weights after comparing their names and shapes with the configuration. */
  public StoredWeights weights() {
    var stored = files.open();
    boolean fits = false;
    try {
      var file = files.file();
      new BertWeightCheck(file == null ? path : file, json, config, this::tokens)
          .check(stored.shapes());
      fits = true;
      return stored;
    } finally {
      if (!fits) {
        stored.close();
      }
    }
  }

  /** The number of tokens; −1 where there is no vocabulary. */
  private int tokens() {
    boolean any = ConfinedFiles.has(path, "vocab.txt") || ConfinedFiles.has(path, "tokenizer.json");
    return any ? BertTokenizer.load(path).size() : -1;
  }
}
