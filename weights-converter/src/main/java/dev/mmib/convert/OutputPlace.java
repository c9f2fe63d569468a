package dev.mmib.convert;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.FileTree;
import dev.mmib.io.IoFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Where a conversion writes: a file, or a directory of files, whole or not at all.
 *
 * <p>A directory is written beside its place and moved there. Of one that exists, what an earlier
 * conversion may have written is removed and the user's other files stay; while files are exchanged
 * it has no {@code config.json}, so that it never looks like a model that it is not.
 */
record OutputPlace(Path path, boolean overwrite) {

  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";

  /** Files of a model, which are of no use beside another one's. */
  private static final List<String> OF_A_MODEL =
      List.of(
          WEIGHTS,
          "model.safetensors.index.json",
          "vocab.txt",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "preprocessor_config.json",
          "labels.json");

  /** Endings of weights that are read and not written. */
  private static final Pattern FOREIGN = Pattern.compile(".*\\.(bin|pt|pth|ckpt|safetensors\\..*)");

  /** Refuses a place that is taken, before any work. */
  void requireFree(Path input, boolean isFile) {
    try {
      if (!Files.exists(path)) {
        requireName(isFile);
        return;
      }
      requireNoInput(path, List.of(input));
      requireName(isFile);
      if (isFile != !Files.isDirectory(path)) {
        throw refuse(
            ErrorCode.OUTPUT_EXISTS,
            isFile ? "is a directory" : "is a file, and a directory is to be written",
            isFile ? "Name a file." : "Name a directory, or a file that ends in .safetensors.");
      }
      if (isFile && !Files.isRegularFile(path)) {
        throw refuse(ErrorCode.OUTPUT_EXISTS, "is not a regular file", "Name a file.");
      }
      if (!overwrite && (isFile || !FileTree.entries(path).isEmpty())) {
        throw refuse(
            ErrorCode.OUTPUT_EXISTS,
            isFile ? "exists" : "exists and is not empty",
            "Name another output, or give --overwrite.");
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private void requireName(boolean isFile) {
    if (!isFile && FOREIGN.matcher(path.toString()).matches()) {
      throw refuse(
          ErrorCode.USAGE,
          "is no name for what is written, which is safetensors",
          "Name a directory, or a file that ends in .safetensors.");
    }
  }

  /** Refuses to replace what is read. */
  void requireNoInput(Collection<Path> inputs) {
    requireNoInput(path, inputs);
  }

  private void requireNoInput(Path output, Collection<Path> inputs) {
    try {
      for (var input : inputs) {
        if (Files.exists(output) && Files.exists(input) && Files.isSameFile(output, input)) {
          throw MmibException.in(
              output.toString(),
              ErrorCode.USAGE,
              "is also the input" + (output.equals(input) ? "" : ", " + input),
              "Name another output.");
        }
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Makes the directory that the output lies in. */
  void makeParent() {
    try {
      var parent = path.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Refuses a disk that has no room for that many bytes. */
  void requireSpace(long bytes) {
    try {
      var there = path.toAbsolutePath();
      while (there.getParent() != null && !Files.exists(there)) {
        there = there.getParent();
      }
      long free = Files.getFileStore(there).getUsableSpace();
      if (free < bytes) {
        throw refuse(
            ErrorCode.IO,
            "needs " + bytes + " bytes, the disk has " + free,
            "Make room, or name a place on another disk.");
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Writes a directory's files; what is called {@value #CONFIG} appears last.
   *
   * @param inputs what the files are made from
   */
  void writeDirectory(Map<String, AtomicFile.Content> files, Collection<Path> inputs) {
    try {
      var absolute = path.toAbsolutePath();
      var parent = absolute.getParent();
      if (parent == null) {
        throw refuse(ErrorCode.OUTPUT_EXISTS, "is the root of a disk", "Name a directory.");
      }
      if (files.containsKey(WEIGHTS)) {
        requireNoOtherModel(files);
      }
      stale(files).forEach(name -> requireNoInput(path.resolve(name), inputs));
      files.keySet().forEach(name -> requireNoInput(path.resolve(name), inputs));
      Files.createDirectories(parent);
      var temporary = parent.resolve(".tmp-" + UUID.randomUUID());
      try {
        Files.createDirectory(temporary);
        for (var file : files.entrySet()) {
          AtomicFile.writeForced(temporary.resolve(file.getKey()), file.getValue());
        }
        AtomicFile.force(temporary);
        place(temporary, files);
      } finally {
        FileTree.delete(temporary);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Weights alone do not belong beside the configuration of other ones. */
  private void requireNoOtherModel(Map<String, AtomicFile.Content> files) {
    if (!files.containsKey(CONFIG) && Files.exists(path.resolve(CONFIG))) {
      throw refuse(
          ErrorCode.OUTPUT_EXISTS,
          "holds another model, whose config.json does not belong to these weights",
          "Name another directory, or a file that ends in .safetensors.");
    }
  }

  /** What an earlier conversion may have written and this one does not. */
  private static List<String> stale(Map<String, AtomicFile.Content> files) {
    return files.containsKey(WEIGHTS)
        ? OF_A_MODEL.stream().filter(name -> !files.containsKey(name)).toList()
        : List.of();
  }

  private void place(Path temporary, Map<String, AtomicFile.Content> files) throws IOException {
    if (!Files.exists(path)) {
      AtomicFile.move(temporary, path.toAbsolutePath());
      return;
    }
    if (files.containsKey(CONFIG)) {
      Files.deleteIfExists(path.resolve(CONFIG));
    }
    for (var name : stale(files)) {
      Files.deleteIfExists(path.resolve(name));
    }
    for (var name : files.keySet()) {
      if (!name.equals(CONFIG)) {
        AtomicFile.move(temporary.resolve(name), path.resolve(name));
      }
    }
    if (files.containsKey(CONFIG)) {
      AtomicFile.move(temporary.resolve(CONFIG), path.resolve(CONFIG));
    }
  }

  private MmibException failed(IOException e) {
    return refuse(
            ErrorCode.IO,
            "cannot be written: " + IoFailure.reason(e),
            "Check the directory, its permissions and the free space.")
        .causedBy(e);
  }

  private MmibException refuse(ErrorCode code, String what, String hint) {
    return MmibException.in(path.toString(), code, what, hint);
  }
}
