package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writing a file so that it is there whole or not at all.
 *
 * <p>The bytes go to a temporary file beside it, are forced to the disk, and the file is then moved
 * into its place; the directory is forced too. On any failure the temporary file is deleted and an
 * older file of that name is untouched.
 */
public final class AtomicFile {

  /** Writes the content. */
  @FunctionalInterface
  public interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  private AtomicFile() {}

  /** Writes {@code text} as UTF-8. */
  public static void write(Path file, String text) {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  public static void write(Path file, byte[] bytes) {
    write(file, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  public static void write(Path file, Content content) {
    var absolute = file.toAbsolutePath();
    var directory = absolute.getParent();
    if (directory == null) {
      throw MmibException.in(
          file.toString(), ErrorCode.IO, "cannot be written: it is a directory", "Name a file.");
    }
    var temporary = directory.resolve(".tmp-" + UUID.randomUUID());
    try {
      try {
        try (var channel =
            FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          content.writeTo(channel);
          channel.force(true);
        }
        Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(temporary);
      }
      force(directory);
    } catch (IOException e) {
      var message = e.getMessage();
      throw MmibException.in(
              file.toString(),
              ErrorCode.IO,
              "cannot be written: "
                  + e.getClass().getSimpleName()
                  + (message == null ? "" : " " + MmibException.quote(message)),
              "Check the directory, its permissions and the free space.")
          .causedBy(e);
    }
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Makes the move durable. Windows cannot open a directory and needs no such thing. */
  private static void force(Path directory) throws IOException {
    if (!System.getProperty("os.name", "").startsWith("Windows")) {
      try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
