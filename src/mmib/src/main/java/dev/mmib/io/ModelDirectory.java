package dev.mmib.io;

import dev.mmib.backend.Backend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.RelationEncoder;
import dev.mmib.data.RelationSet;
import dev.mmib.data.TagSet;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Tensor;
import dev.mmib.text.BertTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A trained model on disk: {@code config.json}, {@code model.safetensors}, {@code vocab.txt} and
 * {@code labels.json}.
 *
 * <p>The configuration is HuggingFace's of the text encoder with an object {@code mmib} for the
 * rest; weights of the text encoder have HuggingFace's names behind {@code bert.}.
 */
public final class ModelDirectory {

  private static final Logger LOG = LoggerFactory.getLogger(ModelDirectory.class);

  /** The file of the weights. */
  public static final String WEIGHTS = "model.safetensors";

  static final String CONFIG = "config.json";

  private static final String MMIB = "mmib";
  private static final String TRAINING = "training";
  private static final String LABELS = "labels";

  private final Path path;
  private final BertConfig bert;
  private final MmibConfig config;
  private final JsonObject training;

  private ModelDirectory(Path path, BertConfig bert, MmibConfig config, JsonObject training) {
    this.path = path;
    this.bert = bert;
    this.config = config;
    this.training = training;
  }

  /** Reads a directory's configuration. */
  public static ModelDirectory open(Path path) {
    if (!Files.isDirectory(path)) {
      throw MmibException.in(
          path.toString(),
          ErrorCode.MODEL_FILE,
          Files.exists(path) ? "is not a directory" : "no such directory",
          "Give the directory of a trained model.");
    }
    if (!ConfinedFiles.has(path, CONFIG)) {
      throw MmibException.in(
          path.toString(),
          ErrorCode.CONFIG,
          "is no model's directory: it has no " + CONFIG,
          ModelsBelow.hint(path));
    }
    var json =
        Json.read(ConfinedFiles.in(path, CONFIG, ErrorCode.CONFIG), ErrorCode.CONFIG).asObject();
    if (json.absent(MMIB)) {
      throw json.error(
          "no member 'mmib': this is not the configuration of an MMIB model",
          "Train one from it by --text-encoder.");
    }
    var mmib = json.object(MMIB);
    var model = new JsonObject();
    mmib.members()
        .forEach(
            (key, value) -> {
              if (!key.equals(TRAINING)) {
                model.put(key, value);
              }
            });
    return new ModelDirectory(
        path,
        BertConfig.fromJson(json),
        MmibConfig.fromJson(model),
        mmib.absent(TRAINING) ? new JsonObject() : mmib.object(TRAINING));
  }

  public Path path() {
    return path;
  }

  public BertConfig bertConfig() {
    return bert;
  }

  public MmibConfig config() {
    return config;
  }

  /** What the trainer noted; empty if nothing. */
  public JsonObject training() {
    return training;
  }

  /** The tokenizer that the model was trained with. */
  public BertTokenizer tokenizer() {
    var tokenizer = BertTokenizer.load(path);
    if (tokenizer.size() > bert.vocabularySize()) {
      throw MmibException.in(
          path.resolve("vocab.txt").toString(),
          ErrorCode.VOCABULARY,
          "has "
              + tokenizer.size()
              + " tokens, config.json's vocab_size is "
              + bert.vocabularySize(),
          "Take both from the same model.");
    }
    if (config.task() == Task.RE
        && !RelationEncoder.MARKERS.stream().allMatch(tokenizer::contains)) {
      throw MmibException.in(
          path.resolve("vocab.txt").toString(),
          ErrorCode.VOCABULARY,
          "lacks some of the tokens " + RelationEncoder.MARKERS + " that mark head and tail",
          "Take the vocabulary that the model was trained with.");
    }
    if (tokenizer.size() < bert.vocabularySize()) {
      LOG.warn(
          "{}: {} tokens, fewer than the {} rows of the model's table",
          path,
          tokenizer.size(),
          bert.vocabularySize());
    }
    return tokenizer;
  }

  /** The labels by index: tags or relations. */
  public List<String> labels() {
    var file = ConfinedFiles.in(path, "labels.json", ErrorCode.MODEL_FILE);
    var json = Json.read(file, ErrorCode.MODEL_FILE).asObject();
    return json.array(LABELS).strings();
  }

  /** Loads the model to a device. */
  public MmibModel load(Backend backend) {
    var file = ConfinedFiles.in(path, WEIGHTS, ErrorCode.MODEL_FILE);
    try (var stored = StoredWeights.open(file)) {
      var model = create(backend, stored.all());
      var unread = stored.unread();
      if (!unread.isEmpty()) {
        LOG.warn("{}: {} tensors belong to no weight of the model", file, unread.size());
      }
      return model;
    }
  }

  /** A model of this directory's configuration and labels, with weights from elsewhere. */
  public MmibModel create(Backend backend, Weights weights) {
    return config.task() == Task.NER
        ? NerModel.create(backend, config, bert, TagSet.ofTags(labels()), weights)
        : RelationModel.create(backend, config, bert, RelationSet.of(labels()), weights);
  }

  /** Writes a model; the directory is made where it is missing. */
  public static void save(Path path, MmibModel model, BertTokenizer tokenizer) {
    save(path, model, tokenizer, null);
  }

  /**
   * Writes a model.
   *
   * @param training what the trainer wants to be found again; null for nothing
   */
  public static void save(
      Path path, MmibModel model, BertTokenizer tokenizer, @Nullable JsonObject training) {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw MmibException.in(
              path.toString(),
              ErrorCode.IO,
              "cannot be made: " + e.getClass().getSimpleName(),
              "Check the path and its permissions.")
          .causedBy(e);
    }
    // The configuration is the last of them: a directory that has one counts as a model.
    files(model, tokenizer, training)
        .forEach((name, content) -> AtomicFile.write(path.resolve(name), content));
  }

  /**
   * The files of a model's directory, for a writer of one's own; the model is asked for its weights
   * when they are written.
   *
   * @param training what the trainer wants to be found again; null for nothing
   */
  public static Map<String, AtomicFile.Content> files(
      MmibModel model, BertTokenizer tokenizer, @Nullable JsonObject training) {
    return files(
        model.bertConfig(), model.config(), model.labels(), tokenizer, sources(model), training);
  }

  /** The same of weights that are no model yet, by the names that its parameters will have. */
  public static Map<String, AtomicFile.Content> files(
      BertConfig bert,
      MmibConfig model,
      List<String> labels,
      BertTokenizer tokenizer,
      Map<String, TensorSource> weights,
      @Nullable JsonObject training) {
    var files = new LinkedHashMap<String, AtomicFile.Content>();
    files.put(WEIGHTS, SafeTensors.content(weights, Map.of("format", "pt")));
    tokenizer.files().forEach((name, text) -> files.put(name, text(text)));
    var named = new JsonArray();
    labels.forEach(named::add);
    files.put("labels.json", text(Json.writeIndented(new JsonObject().put(LABELS, named))));
    var mmib = model.toJson();
    if (training != null) {
      mmib.put(TRAINING, training);
    }
    files.put(CONFIG, text(Json.writeIndented(bert.toJson().put(MMIB, mmib))));
    return files;
  }

  private static AtomicFile.Content text(String text) {
    return AtomicFile.Content.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, TensorSource> sources(MmibModel model) {
    var sources = new TreeMap<String, TensorSource>();
    model
        .parameters()
        .all()
        .forEach((name, tensor) -> sources.put(name, source(model.backend(), tensor)));
    return sources;
  }

  private static TensorSource source(Backend backend, Tensor tensor) {
    return TensorSource.floats(
        tensor.shape(), (at, to, count) -> backend.download(tensor.buffer(), at, to, 0, count));
  }
}
