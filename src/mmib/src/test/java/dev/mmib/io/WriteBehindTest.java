package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.fault.Failure;
import dev.mmib.fault.FaultyFiles;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Big files on their way to the disk. */
class WriteBehindTest {

  private static final int MB = 1 << 20;

  @TempDir Path dir;

  private final FaultyFiles faults = new FaultyFiles();

  /** 24 MB, 16 of them before and the others after the file was first forced. */
  private void write(WritableByteChannel channel) throws IOException {
    for (int i = 0; i < 24; i++) {
      var bytes = new byte[MB];
      Arrays.fill(bytes, (byte) i);
      AtomicFile.writeFully(channel, ByteBuffer.wrap(bytes));
      for (int wait = 0; i >= 15 && forces(faults.operations()) == 0 && wait < 1000; wait++) {
        pause();
      }
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  private static long forces(List<String> operations) {
    return operations.stream().filter(operation -> operation.startsWith("force .tmp-")).count();
  }

  @Test
  void forcesABigFileWhileItIsWrittenAndAtItsEnd() throws IOException {
    var file = dir.resolve("big");
    AtomicFile.replace(faults.path(file), this::write);
    assertEquals(2, forces(faults.operations()), () -> faults.operations().toString());
    var bytes = Files.readAllBytes(file);
    assertEquals(24 * MB, bytes.length);
    for (int i = 0; i < 24; i++) {
      assertEquals(i, bytes[i * MB]);
    }
  }

  @Test
  void forcesASmallFileOnce() throws IOException {
    AtomicFile.replace(faults.path(dir.resolve("small")), AtomicFile.Content.of(new byte[100]));
    assertEquals(1, forces(faults.operations()));
  }

  @Test
  void tellsWhatTheDiskRefusedEarlyAndLeavesTheOldFile() throws IOException {
    var file = Files.write(dir.resolve("big"), new byte[] {7});
    AtomicFile.replace(faults.path(dir.resolve("other")), this::write);
    int first = faults.operations().indexOf(firstForce()) + 1;
    faults.failAt(first, Failure.NO_SPACE, false);
    var e =
        assertThrows(IOException.class, () -> AtomicFile.replace(faults.path(file), this::write));
    assertTrue(String.valueOf(e.getMessage()).contains("No space left"), e::toString);
    assertArrayEquals(new byte[] {7}, Files.readAllBytes(file));
    try (var left = Files.list(dir)) {
      assertEquals(2, left.count());
    }
  }

  private String firstForce() {
    return faults.operations().stream()
        .filter(operation -> operation.startsWith("force .tmp-"))
        .findFirst()
        .orElseThrow();
  }
}
