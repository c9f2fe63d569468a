package dev.mmib.convert;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.FileTree;
import dev.mmib.io.IoFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;

/**
 * Where a conversion writes: a file, or a directory of files, whole or not at all.
 *
 * <p>A directory is written beside its place and moved there. One that exists keeps the files that
 * the conversion does not write; while the others are exchanged it has no {@code config.json}, so
 * that it never looks like a model that it is not.
 */
record OutputPlace(Path path, boolean overwrite) {

  private static final String CONFIG = "config.json";

  /** Refuses a place that is taken, before any work. */
  void requireFree(Path input, boolean isFile) {
    try {
      if (!Files.exists(path)) {
        return;
      }
      if (Files.isSameFile(path, input)) {
        throw refuse(ErrorCode.USAGE, "is also the input", "Name another output.");
      }
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

  /** Writes a directory's files; what is called {@value #CONFIG} appears last. */
  void writeDirectory(Map<String, AtomicFile.Content> files, Path input) {
    try {
      var absolute = path.toAbsolutePath();
      var parent = absolute.getParent();
      if (parent == null) {
        throw refuse(ErrorCode.OUTPUT_EXISTS, "is the root of a disk", "Name a directory.");
      }
      Files.createDirectories(parent);
      for (var name : files.keySet()) {
        var file = path.resolve(name);
        if (Files.exists(file) && Files.isSameFile(file, input)) {
          throw refuse(ErrorCode.USAGE, "holds the input, " + name, "Name another directory.");
        }
      }
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

  private void place(Path temporary, Map<String, AtomicFile.Content> files) throws IOException {
    if (!Files.exists(path)) {
      AtomicFile.move(temporary, path.toAbsolutePath());
      return;
    }
    if (files.containsKey(CONFIG)) {
      Files.deleteIfExists(path.resolve(CONFIG));
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
