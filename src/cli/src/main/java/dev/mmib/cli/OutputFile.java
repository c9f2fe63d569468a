package dev.mmib.cli;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A file that a command is to write, looked at before the work begins. */
final class OutputFile {

  private OutputFile() {}

  /**
   * Refuses what can be known to go wrong, or to destroy what is there.
   *
   * @param overwrite whether a file that exists may be replaced
   * @param input what the command reads, or null
   */
  static void require(Path file, boolean overwrite, @Nullable Path input) {
    var folder = Objects.requireNonNullElse(file.toAbsolutePath().getParent(), file);
    if (Files.isDirectory(file)) {
      throw refuse(file, ErrorCode.OUTPUT_EXISTS, "is a directory", "Name a file.");
    }
    if (!Files.isDirectory(folder)) {
      throw refuse(
          file, ErrorCode.IO, "cannot be written: its directory does not exist", "Make it first.");
    }
    if (!Files.exists(file)) {
      return;
    }
    if (!Files.isRegularFile(file)) {
      // The result is moved into its place: a device would be replaced by a file.
      throw refuse(
          file,
          ErrorCode.OUTPUT_EXISTS,
          "is not a regular file",
          "Name a file; without one, results go to standard output.");
    }
    if (input != null && isSame(file, input)) {
      throw refuse(file, ErrorCode.USAGE, "is also the input", "Name another file.");
    }
    if (!overwrite) {
      throw refuse(file, ErrorCode.OUTPUT_EXISTS, "exists", "Add --overwrite to replace it.");
    }
  }

  private static boolean isSame(Path file, Path input) {
    try {
      return Files.exists(input) && Files.isSameFile(file, input);
    } catch (IOException e) {
      throw MmibException.in(
              input.toString(), ErrorCode.IO, "cannot be read: " + e.getMessage(), "")
          .causedBy(e);
    }
  }

  private static MmibException refuse(Path file, ErrorCode code, String what, String hint) {
    return MmibException.in(file.toString(), code, what, hint);
  }
}
