package dev.mmib.convert;

import dev.mmib.convert.Conversion.Kind;
import dev.mmib.convert.torch.TorchFile;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.ConfinedFiles;
import dev.mmib.io.InputFile;
import dev.mmib.io.Json;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.model.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns checkpoints of the Python world into what this library reads.
 *
 * <pre>
 *   .bin .pt .pth          OUT.safetensors, or model.safetensors in the directory OUT
 *   a HuggingFace model    the same directory with its weights as model.safetensors
 *   best_model.pth         a model directory of MMIB, of either task
 *   *_dict.pth             crops.json
 * </pre>
 *
 * <p>What a file is is told by its content. Nothing in it is executed. Numbers keep their type; a
 * tensor that several names share is written for each of them.
 */
public final class Converter {

  private static final String WEIGHTS = "model.safetensors";
  private static final String CONFIG = "config.json";
  private static final String SAFETENSORS = ".safetensors";
  private static final String JSON = ".json";
  private static final Map<String, String> METADATA = Map.of("format", "pt");
  private static final int LARGEST_TEXT = 64 << 20;
  private static final int NAMES = 8 << 20;

  private static final List<String> VOCABULARIES = List.of("vocab.txt", "tokenizer.json");

  /** What is copied of a HuggingFace directory, or of a model of ours, beside its weights. */
  private static final List<String> COPIED =
      List.of(
          "vocab.txt",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "preprocessor_config.json",
          "labels.json",
          CONFIG);

  private final Path in;
  private final Path out;
  private final ConvertOptions options;
  private final OutputPlace place;
  private final Conversion.Listener listener;
  private final List<String> notes = new ArrayList<>();

  private Converter(Path in, Path out, ConvertOptions options, Conversion.Listener listener) {
    this.in = in;
    this.out = out;
    this.options = options;
    this.place = new OutputPlace(out, options.overwrite());
    this.listener = listener;
  }

  /** Converts a file or a directory. */
  public static Conversion convert(Path in, Path out, ConvertOptions options) {
    return convert(in, out, options, (bytes, total) -> {});
  }

  /** The same, telling a listener how far it is. */
  public static Conversion convert(
      Path in, Path out, ConvertOptions options, Conversion.Listener listener) {
    var converter = new Converter(in, out, options, listener);
    return Files.isDirectory(in) ? converter.directory() : converter.file(in);
  }

  private boolean wantsFile() {
    return out.toString().endsWith(SAFETENSORS) || out.toString().endsWith(JSON);
  }

  private Conversion directory() {
    var there = WeightFile.there(in);
    if (there.isEmpty()) {
      var tables = CropConversion.tables(in, notes);
      if (!tables.isEmpty()) {
        return crops(tables);
      }
    }
    var file = WeightFile.required(in);
    if (file.endsWith(WeightFile.RELEASED)) {
      return file(file);
    }
    if (there.contains(WeightFile.RELEASED)) {
      throw MmibException.in(
          in.toString(),
          ErrorCode.USAGE,
          "has " + WeightFile.RELEASED + " and " + file.getFileName(),
          "Name the file that is meant, or move the other one elsewhere.");
    }
    place.requireFree(in, wantsFile());
    if (there.size() > 1) {
      var others = String.join(", ", there.subList(1, there.size()));
      notes.add(there.get(0) + " is read, " + others + " is not");
    }
    try (var weights = WeightFile.open(file, options.key())) {
      return wantsFile() ? single(weights) : huggingFace(weights);
    }
  }

  private Conversion file(Path file) {
    if (FileKind.of(file) != FileKind.TORCH) {
      try (var weights = WeightFile.open(file, options.key())) {
        return weights(file, weights);
      }
    }
    var torch = TorchFile.open(file);
    boolean handedOver = false;
    try {
      var crops = CropLists.of(torch.root());
      if (crops.isPresent()) {
        return crops(Map.of(file, crops.get()));
      }
      handedOver = true;
      try (var weights = WeightFile.ofTorch(file, torch, options.key())) {
        return weights(file, weights);
      }
    } finally {
      if (!handedOver) {
        torch.close();
      }
    }
  }

  private Conversion crops(Map<Path, CropLists> tables) {
    return new CropConversion(in, out, place).write(tables, notes);
  }

  private Conversion weights(Path file, WeightFile weights) {
    place.requireFree(file, wantsFile());
    if (wantsFile()) {
      return single(weights);
    }
    if (ReleasedModel.isReleased(weights.tensors().keySet())) {
      return released(file, weights);
    }
    if (Files.exists(file.resolveSibling(CONFIG))) {
      notes.add("name the directory itself to have its configuration and vocabulary too");
    }
    return write(Kind.SAFETENSORS, weights, Map.of());
  }

  /** A directory with the weights and other files. */
  private Conversion write(Kind kind, WeightFile weights, Map<String, AtomicFile.Content> beside) {
    notes.addAll(weights.notes());
    var files = new LinkedHashMap<String, AtomicFile.Content>();
    files.put(WEIGHTS, SafeTensors.content(counted(weights.tensors()), METADATA));
    files.putAll(beside);
    place.writeDirectory(files, weights.files());
    return done(kind, weights.tensors(), null);
  }

  private Conversion single(WeightFile weights) {
    if (!out.toString().endsWith(SAFETENSORS)) {
      throw MmibException.in(
          out.toString(),
          ErrorCode.USAGE,
          "is no name for weights",
          "Name a directory, or a file that ends in .safetensors.");
    }
    place.requireNoInput(weights.files());
    place.makeParent();
    notes.addAll(weights.notes());
    SafeTensors.write(out, counted(weights.tensors()), METADATA);
    return done(Kind.SAFETENSORS, weights.tensors(), null);
  }

  private Conversion huggingFace(WeightFile weights) {
    var beside = new LinkedHashMap<String, AtomicFile.Content>();
    for (var name : COPIED) {
      if (ConfinedFiles.has(in, name)) {
        var file = ConfinedFiles.in(in, name, ErrorCode.MODEL_FILE);
        if (name.equals(CONFIG)) {
          Json.read(file, ErrorCode.CONFIG).asObject(); // refused here rather than by who loads it
        }
        var bytes = InputFile.bytes(file, LARGEST_TEXT, ErrorCode.MODEL_FILE);
        beside.put(name, AtomicFile.Content.of(bytes));
      }
    }
    if (!beside.containsKey(CONFIG)) {
      notes.add("there is no config.json to copy");
    }
    boolean isOfText = weights.tensors().keySet().stream().anyMatch(n -> n.contains("word_embed"));
    if (isOfText && VOCABULARIES.stream().noneMatch(beside::containsKey)) {
      notes.add("there is no vocabulary to copy, neither " + String.join(" nor ", VOCABULARIES));
    }
    return write(beside.containsKey(CONFIG) ? Kind.HUGGINGFACE : Kind.SAFETENSORS, weights, beside);
  }

  private Conversion released(Path file, WeightFile weights) {
    notes.addAll(weights.notes());
    var model = ReleasedModel.of(file, weights.tensors(), options);
    notes.addAll(model.notes());
    place.writeDirectory(model.files(counted(model.weights())), weights.files());
    return done(Kind.MODEL, model.weights(), model.config().task());
  }

  private Conversion done(Kind kind, Map<String, TensorSource> tensors, @Nullable Task task) {
    return new Conversion(kind, out, tensors.size(), Sizes.bytes(tensors.values()), task, notes);
  }

  /** The same tensors, after a look at whether they can be written; the listener hears of each. */
  private Map<String, TensorSource> counted(Map<String, TensorSource> tensors) {
    requireWritable(tensors);
    long total = Sizes.bytes(tensors.values());
    place.requireSpace(total);
    var counted = new LinkedHashMap<String, TensorSource>();
    var written = new long[1];
    tensors.forEach(
        (name, source) ->
            counted.put(
                name,
                new TensorSource(
                    source.type(),
                    source.dims(),
                    (at, to) -> {
                      written[0] += to.remaining();
                      source.content().put(at, to);
                      listener.written(written[0], total);
                    })));
    return counted;
  }

  private void requireWritable(Map<String, TensorSource> tensors) {
    long characters = 0;
    for (var tensor : tensors.entrySet()) {
      characters += tensor.getKey().length();
      if (tensor.getValue().type().bits() % 8 != 0) {
        throw MmibException.at(
            in.toString(),
            "tensor " + MmibException.quote(tensor.getKey()),
            ErrorCode.SAFETENSORS_DTYPE,
            "holds " + tensor.getValue().type() + ", which cannot be written here",
            "Save the model in F32, F16 or BF16.");
      }
    }
    if (characters > NAMES) {
      throw MmibException.in(
          in.toString(),
          ErrorCode.MODEL_FILE,
          "has names of " + characters + " characters, at most " + NAMES + " can be written",
          "Shorten them.");
    }
  }
}
