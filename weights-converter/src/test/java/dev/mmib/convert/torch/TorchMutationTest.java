package dev.mmib.convert.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.golden.Golden;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to a file of PyTorch, it is read or refused; nothing else is ever thrown. */
class TorchMutationTest {

  private static final long SMALL = 8 << 10;

  @TempDir Path directory;

  private static Stream<Path> small() throws IOException {
    try (var files = Files.list(Golden.copy().resolve("formats/torchsave"))) {
      return files
          .filter(f -> f.toString().endsWith(".pt") && f.toFile().length() < SMALL)
          .sorted()
          .toList()
          .stream();
    }
  }

  private static int openDescriptors() {
    var open = new File("/proc/self/fd").list();
    return open == null ? -1 : open.length;
  }

  /** Gives what was read, nothing if the file was refused. */
  private static Optional<List<Object>> readOrRefused(Path file) {
    try {
      return Optional.of(HostileFile.readAll(file));
    } catch (MmibException e) {
      assertFalse(e.code() == ErrorCode.BUG || e.what().isBlank(), e.getMessage());
      assertEquals(file.toString(), e.file());
      return Optional.empty();
    }
  }

  /** P27: every length a file can be cut to. */
  @TestFactory
  Stream<DynamicTest> noTruncationIsRead() throws IOException {
    return small().map(golden -> dynamicTest(golden.getFileName() + "", () -> truncate(golden)));
  }

  private void truncate(Path golden) throws IOException {
    var file = Files.copy(golden, directory.resolve(golden.getFileName() + ""));
    int before = openDescriptors();
    try (var cut = new RandomAccessFile(file.toFile(), "rw")) {
      for (long length = cut.length() - 1; length >= 0; length--) {
        cut.setLength(length);
        assertEquals(Optional.empty(), readOrRefused(file), "cut to " + length);
      }
    }
    assertTrue(openDescriptors() <= before, "descriptors before " + before);
  }

  /** P27: each byte changed, in one bit or in many; in a zip no change gives other values. */
  @TestFactory
  Stream<DynamicTest> everyChangedByteEndsInAValueOrTheOneException() throws IOException {
    return small()
        .filter(golden -> !golden.toString().contains("bad_"))
        .map(golden -> dynamicTest(golden.getFileName() + "", () -> mutate(golden)));
  }

  private void mutate(Path golden) throws IOException {
    var bytes = Files.readAllBytes(golden);
    var file = Files.copy(golden, directory.resolve(golden.getFileName() + ""));
    boolean isChecked = golden.toString().endsWith(".zip.pt");
    var random = new Random(bytes.length);
    int before = openDescriptors();
    var original = readOrRefused(file);
    assertTrue(original.isPresent());
    try (var changed = new RandomAccessFile(file.toFile(), "rw")) {
      for (int at = 0; at < bytes.length; at++) {
        int change = at % 2 == 0 ? 1 << random.nextInt(8) : 1 + random.nextInt(255);
        changed.seek(at);
        changed.write(bytes[at] ^ change);
        var read = readOrRefused(file);
        if (isChecked && read.isPresent()) {
          assertEquals(original, read, "byte " + at + " changed by " + change);
        }
        changed.seek(at);
        changed.write(bytes[at]);
      }
    }
    assertEquals(original, readOrRefused(file), "as it was");
    assertTrue(openDescriptors() <= before, "descriptors before " + before);
  }
}
