package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Writing a file so that it is there whole or not at all.
 *
 * <p>The bytes go to a temporary file beside it, are forced to the disk, and the file is then moved
 * into its place; the directory is forced too. On any failure the temporary file is deleted and an
 * older file of that name is untouched. The steps are there by themselves for those who do the same
 * with a whole directory.
 */
public final class AtomicFile {

  private static final String TEMPORARY = ".tmp-";
  private static final Pattern UNFINISHED =
      Pattern.compile(Pattern.quote(TEMPORARY) + "[0-9a-f-]{36}");

  /** Writes the content. */
  @FunctionalInterface
  public interface Content {
    void writeTo(WritableByteChannel channel) throws IOException;

    static Content of(byte[] bytes) {
      return channel -> writeFully(channel, ByteBuffer.wrap(bytes));
    }
  }

  private AtomicFile() {}

  /** Whether that is what a killed process left of {@link #write}. */
  public static boolean isTemporary(Path file) {
    return UNFINISHED.matcher(file.getFileName().toString()).matches();
  }

  /** Writes {@code text} as UTF-8. */
  public static void write(Path file, String text) {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  public static void write(Path file, byte[] bytes) {
    write(file, Content.of(bytes));
  }

  public static void write(Path file, Content content) {
    try {
      replace(file, content);
    } catch (IOException e) {
      throw MmibException.in(
              file.toString(),
              ErrorCode.IO,
              "cannot be written: " + IoFailure.reason(e),
              "Check the directory, its permissions and the free space.")
          .causedBy(e);
    }
  }

  /** {@link #write(Path, Content)} for those who word its failure themselves. */
  public static void replace(Path file, Content content) throws IOException {
    var absolute = file.toAbsolutePath();
    var directory = absolute.getParent();
    if (directory == null) {
      throw MmibException.in(
          file.toString(), ErrorCode.IO, "cannot be written: it is a directory", "Name a file.");
    }
    var temporary = directory.resolve(TEMPORARY + UUID.randomUUID());
    try {
      writeForced(temporary, content);
      move(temporary, absolute);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /**
   * Writes a file that is not there yet, and forces it to the disk before it is closed. The
   * directory still has to be forced.
   */
  public static void writeForced(Path file, Content content) throws IOException {
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      var behind = new WriteBehind(channel);
      content.writeTo(behind);
      behind.force();
    }
  }

  /** Moves a file or directory within a directory, at once, and forces that directory. */
  public static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    var parent = to.toAbsolutePath().getParent();
    if (parent != null) {
      force(parent);
    }
  }

  /** Makes durable what was created or moved in a directory. */
  public static void force(Path directory) throws IOException {
    // Windows cannot open a directory and needs no such thing.
    if (!System.getProperty("os.name", "").startsWith("Windows")) {
      try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
