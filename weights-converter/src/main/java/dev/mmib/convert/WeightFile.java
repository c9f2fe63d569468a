package dev.mmib.convert;

import dev.mmib.convert.torch.TorchFile;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.ConfinedFiles;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.io.WeightIndex;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The named tensors of a file of any format, or of all shards of an index, open until closed.
 *
 * @param format what the command calls it
 * @param metadata the free-form strings of safetensors
 * @param notes what was left out or renamed, in sentences
 */
record WeightFile(
    String format,
    Map<String, TensorSource> tensors,
    Map<String, String> metadata,
    List<String> notes,
    List<Runnable> closers)
    implements AutoCloseable {

  private static final String SAFETENSORS = ".safetensors";

  /** Files of weights in a directory, the one that is taken first. */
  private static final List<String> SAFE =
      List.of("model.safetensors", "model.safetensors.index.json");

  private static final List<String> PICKLED =
      List.of("pytorch_model.bin", "pytorch_model.bin.index.json");

  /** What the released MMIB code saves. */
  static final String RELEASED = "best_model.pth";

  /**
   * Opens a file by what is in it.
   *
   * @param key where in a checkpoint the tensors are; null to look for them
   */
  static WeightFile open(Path file, @Nullable String key) {
    return switch (FileKind.of(file)) {
      case SAFETENSORS -> ofSafeTensors(file);
      case JSON -> ofIndex(WeightIndex.read(file), key);
      case TORCH_ZIP, TORCH_STREAM, UNKNOWN ->
          file.toString().endsWith(SAFETENSORS) // whose reader says best what is wrong with it
              ? ofSafeTensors(file)
              : ofTorch(file, TorchFile.open(file), key);
    };
  }

  private static WeightFile ofSafeTensors(Path file) {
    var stored = SafeTensors.open(file);
    var tensors = new LinkedHashMap<String, TensorSource>();
    stored.tensors().keySet().forEach(name -> tensors.put(name, stored.source(name)));
    return new WeightFile(
        FileKind.SAFETENSORS.key(), tensors, stored.metadata(), List.of(), List.of(stored::close));
  }

  /** Takes over a file that is open; it is closed with the weights, or when they are refused. */
  static WeightFile ofTorch(Path file, TorchFile torch, @Nullable String key) {
    boolean opened = false;
    try {
      var dict = StateDict.of(torch.root(), file.toString(), key);
      var tensors = new LinkedHashMap<String, TensorSource>();
      dict.tensors().forEach((name, tensor) -> tensors.put(name, tensor.source()));
      var result =
          new WeightFile(
              FileKind.of(file).key(), tensors, Map.of(), dict.notes(), List.of(torch::close));
      opened = true;
      return result;
    } finally {
      if (!opened) {
        torch.close();
      }
    }
  }

  private static WeightFile ofIndex(WeightIndex index, @Nullable String key) {
    var parts = new ArrayList<WeightFile>();
    boolean opened = false;
    try {
      index.shards(
          path -> {
            var part = open(path, key);
            parts.add(part);
            return sizes(part);
          });
      opened = true;
      return together(parts);
    } finally {
      if (!opened) {
        parts.forEach(WeightFile::close);
      }
    }
  }

  private static Map<String, Long> sizes(WeightFile part) {
    var sizes = new LinkedHashMap<String, Long>();
    part.tensors().forEach((name, source) -> sizes.put(name, Sizes.bytes(source)));
    return sizes;
  }

  private static WeightFile together(List<WeightFile> parts) {
    var tensors = new LinkedHashMap<String, TensorSource>();
    var metadata = new LinkedHashMap<String, String>();
    var notes = new ArrayList<String>();
    var closers = new ArrayList<Runnable>();
    for (var part : parts) {
      tensors.putAll(part.tensors());
      metadata.putAll(part.metadata());
      part.notes().stream().filter(note -> !notes.contains(note)).forEach(notes::add);
      closers.addAll(part.closers());
    }
    return new WeightFile(parts.get(0).format(), tensors, metadata, notes, closers);
  }

  /** The file of a directory's weights: safetensors before PyTorch's; null where there is none. */
  static @Nullable Path in(Path directory) {
    var names = new ArrayList<>(SAFE);
    names.addAll(PICKLED);
    names.add(RELEASED);
    for (var name : names) {
      if (ConfinedFiles.has(directory, name)) {
        return ConfinedFiles.in(directory, name, ErrorCode.MODEL_FILE);
      }
    }
    return null;
  }

  /** The same; refused where there is none. */
  static Path required(Path directory) {
    var file = in(directory);
    if (file == null) {
      throw MmibException.in(
          directory.toString(),
          ErrorCode.MODEL_FILE,
          "has none of "
              + String.join(", ", SAFE)
              + ", "
              + String.join(", ", PICKLED)
              + ", "
              + RELEASED,
          "Name the weight file itself.");
    }
    return file;
  }

  /** What is said where a directory has the same weights twice; null where it has not. */
  static @Nullable String passedOver(Path directory) {
    var safe = SAFE.stream().filter(name -> ConfinedFiles.has(directory, name)).findFirst();
    var pickled = PICKLED.stream().filter(name -> ConfinedFiles.has(directory, name)).findFirst();
    return safe.isPresent() && pickled.isPresent()
        ? safe.get() + " is read, " + pickled.get() + " is not"
        : null;
  }

  WeightFile {
    tensors = Collections.unmodifiableMap(tensors);
    metadata = Collections.unmodifiableMap(metadata);
    notes = List.copyOf(notes);
    closers = List.copyOf(closers);
  }

  @Override
  public void close() {
    closers.forEach(Runnable::run);
  }
}
