package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * The files of a model's directory, none of which may lie elsewhere.
 *
 * <p>A file may be a symbolic link to another place in the directory, or into the {@code blobs} of
 * the HuggingFace cache that the directory belongs to ({@code snapshots/<revision>/x →
 * ../../blobs/<digest>}). A link that leads anywhere else is refused: a model that was downloaded
 * must not make a program read other files of the machine.
 */
public final class ConfinedFiles {

  private ConfinedFiles() {}

  /** Whether a directory has such an entry, be it a link that leads nowhere. */
  public static boolean has(Path directory, String name) {
    return Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * The path of a directory's file, which need not be there; refused if it is a link that leads out
   * of the directory.
   */
  public static Path in(Path directory, String name, ErrorCode code) {
    var file = directory.resolve(name);
    try {
      if (!Files.exists(file)) {
        return file; // whoever opens it says so
      }
      var home = directory.toRealPath();
      var real = file.toRealPath();
      if (real.startsWith(home) || isBlobOf(home, real)) {
        return file;
      }
    } catch (IOException e) {
      throw InputFile.failed(file, code, e);
    }
    throw MmibException.in(
        file.toString(),
        code,
        "is a link that leads out of the model's directory",
        "Copy the file itself there.");
  }

  private static boolean isBlobOf(Path revision, Path blob) {
    var snapshots = revision.getParent();
    return snapshots != null
        && snapshots.endsWith("snapshots")
        && snapshots.resolveSibling("blobs").equals(blob.getParent());
  }
}
