package dev.mmib.train.checkpoint;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import java.nio.file.Path;
import java.util.Set;

/**
 * A checkpoint whose every file was compared with its digest.
 *
 * @param facts what was given to be remembered beside the files
 * @param files the names of its files; others in the directory are none of them
 */
public record Checkpoint(Path directory, long step, JsonObject facts, Set<String> files) {

  public Checkpoint {
    files = Set.copyOf(files);
  }

  /** One of its files. */
  public Path file(String name) {
    if (!files.contains(name)) {
      throw MmibException.in(
          directory.toString(),
          ErrorCode.CHECKPOINT,
          "has no file " + MmibException.quote(name),
          "It was written by another kind of training.");
    }
    return directory.resolve(name);
  }
}
