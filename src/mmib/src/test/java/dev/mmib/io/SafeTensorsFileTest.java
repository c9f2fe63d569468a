package dev.mmib.io;

import static dev.mmib.io.SafeTensorsFiles.PAIR;
import static dev.mmib.io.SafeTensorsFiles.counting;
import static dev.mmib.io.SafeTensorsFiles.one;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.backend.DType;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Cost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What happens between a safetensors file, the machine and other programs. */
class SafeTensorsFileTest {

  private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000_000L);

  @TempDir Path dir;

  /** Metadata, two floats x, and a matrix y of two bytes. */
  private static byte[] sample() {
    return SafeTensorsFiles.bytes(
        ("{\"__metadata__\":{\"k\":\"v\"},\"x\":"
                + PAIR
                + ",\"y\":{\"dtype\":\"U8\",\"shape\":[1,2],\"data_offsets\":[8,10]}}")
            .getBytes(StandardCharsets.UTF_8),
        counting(10));
  }

  private Path write(byte[] content) throws IOException {
    return Files.setLastModifiedTime(SafeTensorsFiles.write(dir, content), LONG_AGO);
  }

  @Test
  @DisplayName("S34: every bit of a header flipped")
  void endsInAValueOrItsOwnErrorForEveryBit() throws IOException {
    var valid = sample();
    for (int bit = 0; bit < (valid.length - 10) * 8; bit++) {
      var flipped = valid.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      readOrRefuse(flipped);
    }
  }

  @Test
  @DisplayName("S34: every truncation")
  void refusesEveryTruncation() throws IOException {
    var valid = sample();
    for (int length = 0; length < valid.length; length++) {
      var file = write(Arrays.copyOf(valid, length));
      assertThrows(MmibException.class, () -> SafeTensors.open(file));
      assertFalse(Cost.isOpen(file), "left open");
    }
  }

  @Test
  @DisplayName("S34: every byte removed, and doubled")
  void endsInAValueOrItsOwnErrorForEveryByteTooFewOrMany() throws IOException {
    var valid = sample();
    for (int at = 0; at < valid.length; at++) {
      var removed = ByteBuffer.allocate(valid.length - 1).put(valid, 0, at);
      readOrRefuse(removed.put(valid, at + 1, valid.length - at - 1).array());
      var doubled = ByteBuffer.allocate(valid.length + 1).put(valid, 0, at + 1);
      readOrRefuse(doubled.put(valid, at, valid.length - at).array());
    }
  }

  private void readOrRefuse(byte[] content) throws IOException {
    var path = SafeTensorsFiles.write(dir, content);
    try (var file = SafeTensors.open(path)) {
      for (var entry : file.tensors().values()) {
        assertEquals(entry.bytes(), file.readBytes(entry.name()).length);
        assertEquals(entry.size(), file.readFloats(entry.name()).length);
      }
    } catch (MmibException e) {
      assertFalse(e.what().isEmpty());
    }
    assertFalse(Cost.isOpen(path), "left open");
  }

  @Test
  @DisplayName("S28: not a number, infinity, subnormals and minus zero")
  void keepsEveryBit() throws IOException {
    int[] bits = {0x7FC00001, 0x7F800000, 0xFF800000, 1, 0x80000000, 0x7F800001};
    var data = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    data.asIntBuffer().put(bits);
    try (var file = SafeTensors.open(write(one("F32", "[6]", data.array())))) {
      var got = file.readFloats("x");
      for (int i = 0; i < 5; i++) { // a signalling NaN may become quiet on its way through a float
        assertEquals(bits[i], Float.floatToRawIntBits(got[i]));
      }
      assertTrue(Float.isNaN(got[5]));
      assertArrayEquals(data.array(), file.readBytes("x"));
      var straight = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
      file.source("x", DType.F32).read(0, straight);
      var back = new int[6];
      straight.flip().asIntBuffer().get(back);
      assertArrayEquals(bits, back); // as bytes they keep even that
    }
  }

  private static Arguments reading(String id, Consumer<SafeTensors> reading) {
    return Arguments.of(id, reading);
  }

  /** Every way to the last tensor's numbers. */
  static Stream<Arguments> readings() {
    return Stream.of(
        reading("floats", file -> file.readFloats("y")),
        reading("whole numbers", file -> file.readLongs("y")),
        reading("bytes", file -> file.readBytes("y")),
        reading("straight", file -> file.source("x", DType.F32).read(0, ByteBuffer.allocate(8))),
        reading("converted", file -> file.source("y", DType.I32).read(0, ByteBuffer.allocate(8))),
        reading("copied", file -> file.source("y").content().put(0, ByteBuffer.allocate(2))));
  }

  @ParameterizedTest(name = "S29: cut while open, {0}")
  @MethodSource("readings")
  void refusesAFileThatShrinks(String how, Consumer<SafeTensors> reading) throws IOException {
    var path = write(sample());
    try (var file = SafeTensors.open(path);
        var writer = FileChannel.open(path, StandardOpenOption.WRITE)) {
      writer.truncate(Files.size(path) - 9);
      assertChanged(assertThrows(MmibException.class, () -> reading.accept(file)));
    }
  }

  @ParameterizedTest(name = "S30: grown while open, {0}")
  @MethodSource("readings")
  void refusesAFileThatGrows(String how, Consumer<SafeTensors> reading) throws IOException {
    var path = write(sample());
    try (var file = SafeTensors.open(path)) {
      Files.write(path, new byte[1], StandardOpenOption.APPEND);
      assertChanged(assertThrows(MmibException.class, () -> reading.accept(file)));
    }
  }

  @ParameterizedTest(name = "S30: written over while open, {0}")
  @MethodSource("readings")
  void refusesAFileThatIsWrittenOver(String how, Consumer<SafeTensors> reading) throws IOException {
    var path = write(sample());
    try (var file = SafeTensors.open(path)) {
      Files.write(path, sample());
      assertChanged(assertThrows(MmibException.class, () -> reading.accept(file)));
    }
  }

  @ParameterizedTest(name = "S30: replaced while open, {0}")
  @MethodSource("readings")
  void goesOnWithTheOldContent(String how, Consumer<SafeTensors> reading) throws IOException {
    var path = write(sample());
    try (var file = SafeTensors.open(path)) {
      var other = Files.write(dir.resolve("other"), new byte[3]);
      Files.move(other, path, StandardCopyOption.ATOMIC_MOVE);
      reading.accept(file);
      assertArrayEquals(new float[] {9, 10}, file.readFloats("y"));
      Files.delete(path);
      reading.accept(file);
    }
  }

  @ParameterizedTest(name = "closed before, {0}")
  @MethodSource("readings")
  void refusesToBeReadAfterItWasClosed(String how, Consumer<SafeTensors> reading)
      throws IOException {
    var file = SafeTensors.open(write(sample()));
    file.close();
    file.close();
    var e = assertThrows(MmibException.class, () -> reading.accept(file));
    assertEquals(ErrorCode.CLOSED, e.code());
  }

  private static void assertChanged(MmibException e) {
    assertEquals(ErrorCode.SAFETENSORS, e.code());
    assertTrue(e.what().contains("changed while being read"), e::what);
  }

  @Test
  @DisplayName("S29: cut between two runs of one tensor")
  void refusesATensorThatIsCutInItsMidst() throws IOException {
    var path = write(one("F32", "[200000]", new byte[800_000]));
    try (var file = SafeTensors.open(path);
        var writer = FileChannel.open(path, StandardOpenOption.WRITE)) {
      var e =
          assertThrows(
              MmibException.class,
              () -> file.readInto("x", (at, values, count) -> truncate(writer, 300_000)));
      assertEquals(ErrorCode.SAFETENSORS, e.code());
    }
  }

  @Test
  @DisplayName("S30: changed after its last run was read")
  void refusesNumbersOfAFileThatChangedMeanwhile() throws IOException {
    var path = write(sample());
    try (var file = SafeTensors.open(path);
        var writer = FileChannel.open(path, StandardOpenOption.WRITE)) {
      assertChanged(
          assertThrows(
              MmibException.class,
              () -> file.readInto("x", (at, values, count) -> truncate(writer, 20))));
    }
  }

  private static void truncate(FileChannel writer, long size) {
    try {
      writer.truncate(size);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<Arguments> noFiles() {
    return Stream.of(
        Arguments.of("S31a: directory", "directory", "is a directory"),
        Arguments.of("S31b: pipe", "pipe", "is not a regular file"),
        Arguments.of("S31c: /dev/zero", "/dev/zero", "is not a regular file"),
        Arguments.of("S31d: loop of links", "loop", "cannot be read"),
        Arguments.of("S31e: missing", "missing", "no such file"),
        Arguments.of("S31f: no permission", "locked", "no permission"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("noFiles")
  void refusesWhatIsNoRegularFile(String id, String name, String piece) throws Exception {
    var path = dir.resolve(name);
    switch (name) {
      case "directory" -> Files.createDirectory(path);
      case "pipe" -> {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "skipped: needs mkfifo");
        assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
      }
      case "/dev/zero" -> assumeTrue(Files.exists(path), "skipped: needs /dev/zero");
      case "loop" -> Files.createSymbolicLink(path, path);
      case "locked" -> {
        Files.write(path, sample());
        Files.setPosixFilePermissions(path, Set.of());
        assumeFalse(Files.isReadable(path), "skipped: a superuser may read everything");
      }
      default -> assertFalse(Files.exists(path));
    }
    var e =
        assertTimeoutPreemptively(
            Duration.ofSeconds(5),
            () -> assertThrows(MmibException.class, () -> SafeTensors.open(path)));
    assertEquals(ErrorCode.SAFETENSORS, e.code());
    assertEquals(path.toString(), e.file());
    assertTrue(e.what().contains(piece), e::what);
  }
}
