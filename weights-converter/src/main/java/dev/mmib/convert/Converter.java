package dev.mmib.convert;

import dev.mmib.convert.Conversion.Kind;
import dev.mmib.convert.torch.TorchFile;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.ConfinedFiles;
import dev.mmib.io.FileTree;
import dev.mmib.io.InputFile;
import dev.mmib.io.IoFailure;
import dev.mmib.io.JsonObject;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.model.Task;
import java.io.IOException;
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
  private static final String SAFETENSORS = ".safetensors";
  private static final String JSON = ".json";
  private static final Map<String, String> METADATA = Map.of("format", "pt");
  private static final int LARGEST_TEXT = 64 << 20;
  private static final int NAMES = 8 << 20;

  /** What is copied of a HuggingFace directory beside its weights. */
  private static final List<String> COPIED =
      List.of(
          "vocab.txt",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "preprocessor_config.json",
          "config.json");

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
    var tables = cropTables();
    var file = WeightFile.in(in);
    if (file == null && !tables.isEmpty()) {
      return crops(tables);
    }
    file = WeightFile.required(in);
    if (file.endsWith(WeightFile.RELEASED)) {
      return file(file);
    }
    place.requireFree(in, wantsFile());
    var passedOver = WeightFile.passedOver(in);
    if (passedOver != null) {
      notes.add(passedOver);
    }
    try (var weights = WeightFile.open(file, options.key())) {
      return wantsFile() ? single(weights) : huggingFace(weights);
    }
  }

  private Conversion file(Path file) {
    var kind = FileKind.of(file);
    boolean pickled = kind == FileKind.TORCH_ZIP || kind == FileKind.TORCH_STREAM;
    if (!pickled) {
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

  private Conversion weights(Path file, WeightFile weights) {
    place.requireFree(file, wantsFile());
    if (wantsFile()) {
      return single(weights);
    }
    if (ReleasedModel.isReleased(weights.tensors().keySet())) {
      return released(file, weights);
    }
    if (Files.exists(file.resolveSibling("config.json"))) {
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
    place.writeDirectory(files, in);
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
    notes.addAll(weights.notes());
    SafeTensors.write(out, counted(weights.tensors()), METADATA);
    return done(Kind.SAFETENSORS, weights.tensors(), null);
  }

  private Conversion huggingFace(WeightFile weights) {
    var beside = new LinkedHashMap<String, AtomicFile.Content>();
    for (var name : COPIED) {
      if (ConfinedFiles.has(in, name)) {
        var file = ConfinedFiles.in(in, name, ErrorCode.MODEL_FILE);
        var bytes = InputFile.bytes(file, LARGEST_TEXT, ErrorCode.MODEL_FILE);
        beside.put(name, AtomicFile.Content.of(bytes));
      }
    }
    if (!beside.containsKey("config.json")) {
      notes.add("there is no config.json to copy");
    }
    return write(
        beside.containsKey("config.json") ? Kind.HUGGINGFACE : Kind.SAFETENSORS, weights, beside);
  }

  private Conversion released(Path file, WeightFile weights) {
    notes.addAll(weights.notes());
    var model = ReleasedModel.of(file, weights.tensors(), options);
    notes.addAll(model.notes());
    place.writeDirectory(model.files(counted(model.weights())), file);
    return done(Kind.MODEL, model.weights(), model.config().task());
  }

  private Map<Path, CropLists> cropTables() {
    var tables = new LinkedHashMap<Path, CropLists>();
    try {
      var files = FileTree.entries(in);
      files.sort(null);
      for (var file : files) {
        if (file.getFileName().toString().endsWith(CropLists.SUFFIX)) {
          var name = file.getFileName().toString();
          try (var torch = TorchFile.open(ConfinedFiles.in(in, name, ErrorCode.DATA_FILE))) {
            CropLists.of(torch.root()).ifPresent(table -> tables.put(file, table));
          }
        }
      }
      return tables;
    } catch (IOException e) {
      throw MmibException.in(
              in.toString(),
              ErrorCode.MODEL_FILE,
              "cannot be read: " + IoFailure.reason(e),
              "Check its permissions.")
          .causedBy(e);
    }
  }

  private Conversion crops(Map<Path, CropLists> tables) {
    boolean isFile = out.toString().endsWith(JSON);
    if (wantsFile() && !isFile) {
      throw MmibException.in(
          out.toString(),
          ErrorCode.USAGE,
          "cannot hold a crop table, which is what " + in + " is",
          "Name a directory, or a file that ends in .json.");
    }
    place.requireFree(in, isFile);
    var all = new JsonObject();
    int rows = 0;
    var text = "";
    for (var table : tables.entrySet()) {
      table.getValue().addTo(all, table.getKey());
      text = CropLists.text(all, table.getKey());
      rows += table.getValue().rows();
      if (table.getValue().byRow() && CropLists.split(table.getKey()) == null) {
        notes.add(table.getKey().getFileName() + " names no split: its rows count for every one");
      }
    }
    var file = isFile ? out : out.resolve(CropLists.FILE);
    if (isFile) {
      AtomicFile.write(out, text);
    } else {
      var content = AtomicFile.Content.of(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      place.writeDirectory(Map.of(CropLists.FILE, content), in);
    }
    return new Conversion(Kind.CROPS, file, rows, text.length(), null, notes);
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
