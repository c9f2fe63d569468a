package dev.mmib.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A directory whose files are written anew for every input, in memory where the system can. */
final class Scratch {

  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  private final Path directory;

  Scratch() {
    try {
      directory =
          Files.isWritable(SHARED_MEMORY)
              ? Files.createTempDirectory(SHARED_MEMORY, "mmib-fuzz-")
              : Files.createTempDirectory("mmib-fuzz-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(this::delete));
  }

  Path directory() {
    return directory;
  }

  Path write(String name, byte[] bytes) {
    return write(name, bytes, 0, bytes.length);
  }

  /** The file {@code name} with some of the bytes. */
  Path write(String name, byte[] bytes, int from, int to) {
    var file = directory.resolve(name);
    try (var channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      var rest = ByteBuffer.wrap(bytes, from, to - from);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes several files out of one input, which is parted at bytes of 0xFF: those are in no UTF-8
   * text. The last one gets all that is left; one whose part is missing is empty.
   */
  void writeParts(byte[] bytes, String... names) {
    int from = 0;
    for (int i = 0; i < names.length; i++) {
      int to = from;
      boolean isLast = i == names.length - 1;
      while (to < bytes.length && (isLast || bytes[to] != (byte) 0xFF)) {
        to++;
      }
      write(names[i], bytes, from, to);
      from = Math.min(to + 1, bytes.length);
    }
  }

  private void delete() {
    try (var files = Files.list(directory)) {
      for (var file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
