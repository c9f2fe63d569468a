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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The named tensors of a file of any format, or of all shards of an index, open until closed.
 *
 * @param files what is read: the index and its shards
 * @param metadata the free-form strings of safetensors
 * @param notes what was left out or renamed, in sentences
 */
record WeightFile(
    List<Path> files,
    Map<String, TensorSource> tensors,
    Map<String, String> metadata,
    List<String> notes,
    List<Runnable> closers)
    implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WeightFile.class);

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
      case INDEX -> ofIndex(file, key);
      case TORCH -> ofTorch(file, TorchFile.open(file), key);
    };
  }

  private static WeightFile ofSafeTensors(Path file) {
    var stored = SafeTensors.open(file);
    var tensors = new LinkedHashMap<String, TensorSource>();
    stored.tensors().keySet().forEach(name -> tensors.put(name, stored.source(name)));
    return new WeightFile(
        List.of(file), tensors, stored.metadata(), List.of(), List.of(stored::close));
  }

  /** Takes over a file that is open; it is closed with the weights, or when they are refused. */
  static WeightFile ofTorch(Path file, TorchFile torch, @Nullable String key) {
    boolean opened = false;
    try {
      var dict = StateDict.of(torch.root(), file.toString(), key);
      var tensors = new LinkedHashMap<String, TensorSource>();
      dict.tensors().forEach((name, tensor) -> tensors.put(name, tensor.source()));
      opened = true;
      return new WeightFile(List.of(file), tensors, Map.of(), dict.notes(), List.of(torch::close));
    } finally {
      if (!opened) {
        torch.close();
      }
    }
  }

  private static WeightFile ofIndex(Path file, @Nullable String key) {
    var index = WeightIndex.read(file);
    var parts = new ArrayList<WeightFile>();
    boolean opened = false;
    try {
      index.shards(
          path -> {
            requireNoIndex(file, path);
            var part = open(path, key);
            parts.add(part);
            return sizes(part);
          });
      opened = true;
      return together(file, parts);
    } finally {
      if (!opened) {
        close(parts.stream().flatMap(part -> part.closers().stream()).toList());
      }
    }
  }

  /** Refuses an index as a shard: two of them could name each other. */
  static void requireNoIndex(Path index, Path shard) {
    if (FileKind.of(shard) == FileKind.INDEX) {
      throw MmibException.in(
          index.toString(),
          ErrorCode.WEIGHT_INDEX,
          "shard " + MmibException.quote(shard.getFileName().toString()) + " is an index itself",
          "Copy the model again, as it was published.");
    }
  }

  private static Map<String, Long> sizes(WeightFile part) {
    var sizes = new LinkedHashMap<String, Long>();
    part.tensors().forEach((name, source) -> sizes.put(name, Sizes.bytes(source)));
    return sizes;
  }

  private static WeightFile together(Path index, List<WeightFile> parts) {
    var files = new ArrayList<>(List.of(index));
    var tensors = new LinkedHashMap<String, TensorSource>();
    var metadata = new LinkedHashMap<String, String>();
    var notes = new ArrayList<String>();
    var closers = new ArrayList<Runnable>();
    for (var part : parts) {
      files.addAll(part.files());
      tensors.putAll(part.tensors());
      metadata.putAll(part.metadata());
      part.notes().stream().filter(note -> !notes.contains(note)).forEach(notes::add);
      closers.addAll(part.closers());
    }
    return new WeightFile(files, tensors, metadata, notes, closers);
  }

  /** The file of a directory's weights: safetensors before PyTorch's; null where there is none. */
  static @Nullable Path in(Path directory) {
    var there = there(directory);
    if (there.isEmpty()) {
      return null;
    }
    if (there.size() > 1) {
      LOG.info("{}: {} is read, not {}", directory, there.get(0), there.subList(1, there.size()));
    }
    return ConfinedFiles.in(directory, there.get(0), ErrorCode.MODEL_FILE);
  }

  /** What of a directory may be weights, the file that is taken first. */
  static List<String> there(Path directory) {
    return Stream.of(SAFE, PICKLED, List.of(RELEASED))
        .flatMap(List::stream)
        .filter(name -> ConfinedFiles.has(directory, name))
        .toList();
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

  WeightFile {
    files = List.copyOf(files);
    tensors = Collections.unmodifiableMap(tensors);
    metadata = Collections.unmodifiableMap(metadata);
    notes = List.copyOf(notes);
    closers = List.copyOf(closers);
  }

  @Override
  public void close() {
    close(closers);
  }

  /** Runs all of them, whatever becomes of one. */
  private static void close(List<Runnable> closers) {
    RuntimeException failed = null;
    for (var closer : closers) {
      try {
        closer.run();
      } catch (MmibException e) {
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }
}
