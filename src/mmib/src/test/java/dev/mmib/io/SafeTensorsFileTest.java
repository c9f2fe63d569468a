package dev.mmib.io;

import static dev.mmib.io.SafeTensorsFiles.PAIR;
import static dev.mmib.io.SafeTensorsFiles.one;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.tensor.Shape;
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
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens between a safetensors file, the machine and other programs. */
class SafeTensorsFileTest {

  @TempDir Path dir;

  private static byte[] sample() {
    return SafeTensorsFiles.bytes(
        "{\"__metadata__\":{\"k\":\"v\"},\"x\":"
            + PAIR
            + ",\"y\":{\"dtype\":\"U8\",\"shape\":[1,2],\"data_offsets\":[8,10]}}",
        10);
  }

  @Test
  void endsInAValueOrItsOwnErrorForEveryDamage() throws IOException {
    var valid = sample();
    int header = valid.length - 10;
    long before = openFiles();
    for (int bit = 0; bit < header * 8; bit++) { // S34: every bit
      var flipped = valid.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      readOrRefuse(flipped);
    }
    for (int length = 0; length < valid.length; length++) { // every truncation
      var cut = Arrays.copyOf(valid, length);
      var file = SafeTensorsFiles.write(dir, cut);
      assertThrows(MmibException.class, () -> SafeTensors.open(file));
    }
    for (int at = 0; at < header; at++) { // every byte removed, and doubled
      var removed = ByteBuffer.allocate(valid.length - 1).put(valid, 0, at);
      readOrRefuse(removed.put(valid, at + 1, valid.length - at - 1).array());
      var doubled = ByteBuffer.allocate(valid.length + 1).put(valid, 0, at + 1);
      readOrRefuse(doubled.put(valid, at, valid.length - at).array());
    }
    assertTrue(openFiles() <= before, "every failed open must close its file");
  }

  private void readOrRefuse(byte[] content) throws IOException {
    try (var file = SafeTensors.open(SafeTensorsFiles.write(dir, content))) {
      for (var entry : file.tensors().values()) {
        file.readBytes(entry.name());
        file.readFloats(entry.name());
      }
    } catch (MmibException e) {
      assertFalse(e.what().isEmpty());
    }
  }

  private static long openFiles() throws IOException {
    var self = Path.of("/proc/self/fd");
    if (!Files.isDirectory(self)) {
      return 0;
    }
    try (var list = Files.list(self)) {
      return list.count();
    }
  }

  @Test
  void escapesHostileNamesInMessages() throws IOException {
    var file =
        SafeTensorsFiles.write(
            dir,
            SafeTensorsFiles.bytes(
                "{\"\\u001b[31m\\n\":{\"dtype\":\"F128\",\"shape\":[],\"data_offsets\":[0,0]}}",
                0));
    var e = assertThrows(MmibException.class, () -> SafeTensors.open(file));
    assertTrue(e.toString().contains("\\u001b[31m\\u000a"), e.toString());
    assertFalse(e.toString().contains("\u001b"));
  }

  @Test
  void keepsNaNInfinitySubnormalsAndNegativeZeroBitByBit() throws IOException { // S28
    int[] bits = {0x7FC00001, 0x7F800000, 0xFF800000, 1, 0x80000000, 0x7F800001};
    var data = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    data.asIntBuffer().put(bits);
    var content = one("\"F32\"", "[6]", "[0,24]", 24);
    System.arraycopy(data.array(), 0, content, content.length - 24, 24);
    try (var file = SafeTensors.open(SafeTensorsFiles.write(dir, content))) {
      var got = file.readFloats("x");
      for (int i = 0; i < 5; i++) { // a signalling NaN may become quiet on its way through a float
        assertEquals(bits[i], Float.floatToRawIntBits(got[i]));
      }
      assertTrue(Float.isNaN(got[5]));
      assertArrayEquals(data.array(), file.readBytes("x"));
    }
  }

  @Test
  void refusesAFileThatShrinksWhileItIsRead() throws IOException { // S29
    var path = SafeTensorsFiles.write(dir, sample());
    try (var file = SafeTensors.open(path);
        var writer = FileChannel.open(path, StandardOpenOption.WRITE)) {
      writer.truncate(path.toFile().length() - 4);
      var e = assertThrows(MmibException.class, () -> file.readFloats("y"));
      assertEquals(ErrorCode.SAFETENSORS, e.code());
    }
  }

  @Test
  void refusesNumbersOfAFileThatChangedMeanwhile() throws IOException { // S30
    var file = SafeTensorsFiles.write(dir, sample());
    try (var tensors = SafeTensors.open(file);
        var writer = FileChannel.open(file, StandardOpenOption.APPEND)) {
      var e =
          assertThrows(
              MmibException.class,
              () -> tensors.readInto("x", (at, values, count) -> append(writer)));
      assertTrue(e.what().contains("changed while being read"), e::what);
    }
  }

  private static void append(FileChannel writer) {
    try {
      writer.write(ByteBuffer.allocate(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void goesOnWithTheOldContentWhenTheFileIsReplaced() throws IOException { // S30
    var path = SafeTensorsFiles.write(dir, sample());
    try (var file = SafeTensors.open(path)) {
      var other = Files.write(dir.resolve("other"), new byte[3]);
      Files.move(other, path, StandardCopyOption.ATOMIC_MOVE);
      assertArrayEquals(new float[2], file.readFloats("x"));
    }
  }

  @Test
  void refusesWhatIsNoRegularFileWithoutHanging() throws Exception { // S31
    var fifo = dir.resolve("fifo");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "needs mkfifo");
    assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
    var loop = Files.createSymbolicLink(dir.resolve("loop"), dir.resolve("loop"));
    var locked = Files.write(dir.resolve("locked"), sample());
    Files.setPosixFilePermissions(locked, java.util.Set.of());
    for (var path :
        List.of(dir, fifo, Path.of("/dev/zero"), loop, dir.resolve("missing"), locked)) {
      if (Files.isReadable(locked) && path.equals(locked)) {
        continue; // a superuser may read everything
      }
      var e =
          assertTimeoutPreemptively(
              Duration.ofSeconds(5),
              () -> assertThrows(MmibException.class, () -> SafeTensors.open(path)));
      assertEquals(ErrorCode.SAFETENSORS, e.code());
      assertEquals(path.toString(), e.file());
    }
  }

  @Test
  void readsSmallTensorsBeyondFourGigabytes() throws IOException { // S32, by a sparse file
    long big = 5L << 30;
    var header =
        "{\"big\":{\"dtype\":\"F32\",\"shape\":["
            + big / 4
            + "],\"data_offsets\":[0,"
            + big
            + "]},\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":["
            + big
            + ","
            + (big + 8)
            + "]}}";
    var path = SafeTensorsFiles.write(dir, SafeTensorsFiles.bytes(header, 0));
    try (var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      var pair = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putFloat(3).putFloat(4);
      channel.write(pair.flip(), 8 + header.length() + big);
    }
    try (var file = SafeTensors.open(path)) {
      assertArrayEquals(new float[] {3, 4}, file.readFloats("x"));
      assertEquals(big, file.entry("big").bytes());
      assertThrows(MmibException.class, () -> file.readBytes("big"));
    }
  }

  @Test
  void readsManyTensorsAndRefusesMoreThanItsLimit() throws IOException { // S26
    var many =
        IntStream.range(0, 100_000)
            .mapToObj(
                i ->
                    "\"t"
                        + i
                        + "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":["
                        + i
                        + ","
                        + (i + 1)
                        + "]}")
            .collect(java.util.stream.Collectors.joining(",", "{", "}"));
    try (var file =
        SafeTensors.open(SafeTensorsFiles.write(dir, SafeTensorsFiles.bytes(many, 100_000)))) {
      assertEquals(100_000, file.tensors().size());
      assertArrayEquals(new float[1], file.readFloats("t99999"));
    }
    var huge = new byte[99_000_000]; // ten million entries, all wrong
    Arrays.fill(huge, (byte) ' ');
    huge[0] = '[';
    for (int i = 1; i + 1 < huge.length; i += 2) {
      huge[i] = '0';
      huge[i + 1] = ',';
    }
    var path = SafeTensorsFiles.write(dir, SafeTensorsFiles.bytes(huge, new byte[0]));
    var e = assertThrows(MmibException.class, () -> SafeTensors.open(path));
    assertTrue(e.what().contains("more than 2000000 values"), e::what);
  }

  @Test
  void convertsEveryDocumentedType() throws IOException { // S33
    assertArrayEquals(
        new float[] {1, -2, 65504, 0x1p-24f, -0f, Float.POSITIVE_INFINITY},
        floats("F16", 0x3C00, 0xC000, 0x7BFF, 1, 0x8000, 0x7C00));
    assertTrue(Float.isNaN(floats("F16", 0x7E00)[0]));
    assertArrayEquals(new float[] {1, -2.5f}, floats("BF16", 0x3F80, 0xC020));
    assertArrayEquals(new float[] {-1, 300}, floats("I16", 0xFFFF, 300));
    assertArrayEquals(new float[] {1, 0}, read("BOOL", "[2]", new byte[] {1, 0}));
    assertArrayEquals(new float[] {255, 0}, read("U8", "[2]", new byte[] {-1, 0}));
    assertArrayEquals(new float[] {-1, 0}, read("I8", "[2]", new byte[] {-1, 0}));
    var eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    assertArrayEquals(new float[] {0.1f}, read("F64", "[1]", eight.putDouble(0, 0.1).array()));
    assertArrayEquals(new float[] {-7}, read("I64", "[1]", eight.putLong(0, -7).array()));
    var four = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, -7).array();
    assertArrayEquals(new float[] {-7}, read("I32", "[1]", four));
  }

  @Test
  void refusesValuesThatTheWantedTypeCannotHold() throws IOException { // S33
    var eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    assertDtypeError("element 1 is 2 vs 0 or 1", () -> read("BOOL", "[2]", new byte[] {1, 2}));
    var huge = eight.putDouble(0, 1e300).array();
    assertDtypeError("vs 32 bits", () -> read("F64", "[1]", huge));
    eight.putLong(0, 1L << 40);
    try (var file = SafeTensors.open(write("I64", "[1]", eight.array()))) {
      assertArrayEquals(new long[] {1L << 40}, file.readLongs("x"));
      assertDtypeError("vs 32 bits", () -> file.readInts("x"));
    }
    try (var file = SafeTensors.open(write("F32", "[2]", eight.array()))) {
      assertDtypeError("holds F32 vs whole numbers", () -> file.readLongs("x"));
    }
  }

  private static void assertDtypeError(String what, org.junit.jupiter.api.function.Executable run) {
    var e = assertThrows(MmibException.class, run);
    assertEquals(ErrorCode.SAFETENSORS_DTYPE, e.code());
    assertTrue(e.what().contains(what), e::what);
    assertEquals("tensor 'x'", e.position());
  }

  private float[] floats(String type, int... shorts) throws IOException {
    var data = ByteBuffer.allocate(2 * shorts.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int s : shorts) {
      data.putShort((short) s);
    }
    return read(type, "[" + shorts.length + "]", data.array());
  }

  private float[] read(String type, String shape, byte[] data) throws IOException {
    try (var file = SafeTensors.open(write(type, shape, data))) {
      return file.readFloats("x");
    }
  }

  private Path write(String type, String shape, byte[] data) throws IOException {
    var content = one("\"" + type + "\"", shape, "[0," + data.length + "]", data.length);
    System.arraycopy(data, 0, content, content.length - data.length, data.length);
    return SafeTensorsFiles.write(dir, content);
  }

  @Test
  void namesTheNearestTensorsWhenOneIsMissing() throws IOException {
    try (var file = SafeTensors.open(SafeTensorsFiles.write(dir, sample()))) {
      var e = assertThrows(MmibException.class, () -> file.readFloats("xx"));
      assertEquals("no tensor 'xx'", e.what());
      assertTrue(e.hint().startsWith("Nearest: 'x'"), e::hint);
    }
  }

  @Test
  void refusesToBeReadAfterItWasClosed() throws IOException {
    var file = SafeTensors.open(SafeTensorsFiles.write(dir, sample()));
    file.close();
    file.close();
    var e = assertThrows(MmibException.class, () -> file.readFloats("x"));
    assertEquals(ErrorCode.CLOSED, e.code());
  }

  @Test
  void writesTheSameBytesForTheSameTensorsWhateverTheirOrder() throws IOException {
    var values = new float[200_003];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * 0.37f;
    }
    var tensors = new LinkedHashMap<String, TensorSource>();
    tensors.put("ids", TensorSource.longs(Shape.of(2), 1, -1));
    tensors.put("é", TensorSource.floats(Shape.of(1), 2f));
    tensors.put(
        "big",
        TensorSource.floats(
            Shape.of(values.length), (at, to, n) -> System.arraycopy(values, at, to, 0, n)));
    tensors.put("flags", TensorSource.bytes(TensorType.BOOL, List.of(0L, 3L), new byte[0]));
    tensors.put("n", TensorSource.ints(Shape.of(), 5));
    var first = dir.resolve("a");
    SafeTensors.write(first, tensors, Map.of("format", "pt", "a", "1"));
    var reversed = new LinkedHashMap<String, TensorSource>();
    IntStream.rangeClosed(1, tensors.size())
        .mapToObj(i -> List.copyOf(tensors.keySet()).get(tensors.size() - i))
        .forEach(name -> reversed.put(name, tensors.get(name)));
    var second = dir.resolve("b");
    SafeTensors.write(second, reversed, Map.of("a", "1", "format", "pt"));
    assertEquals(-1, Files.mismatch(first, second));
    try (var file = SafeTensors.open(first)) {
      assertArrayEquals(values, file.readFloats("big"));
      assertArrayEquals(new long[] {1, -1}, file.readLongs("ids"));
      assertArrayEquals(new int[] {5}, file.readInts("n"));
      assertEquals(List.of("ids", "big", "é", "n", "flags"), List.copyOf(file.tensors().keySet()));
      assertEquals(Map.of("a", "1", "format", "pt"), file.metadata());
    }
    var bytes = Files.readAllBytes(first);
    assertEquals(0, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8);
    assertTrue(
        new String(bytes, 8, 60, StandardCharsets.UTF_8).startsWith("{\"__metadata__\":{\"a\""));
  }

  @Test
  void leavesTheOldFileWhenWritingFails() throws IOException {
    var path = Files.writeString(dir.resolve("m"), "old");
    var broken =
        TensorSource.floats(
            Shape.of(3),
            (at, to, n) -> {
              throw new IllegalStateException("device gone");
            });
    assertThrows(
        IllegalStateException.class, () -> SafeTensors.write(path, Map.of("x", broken), Map.of()));
    assertEquals("old", Files.readString(path));
    try (var list = Files.list(dir)) {
      assertEquals(List.of(path), list.toList());
    }
    var e =
        assertThrows(
            MmibException.class,
            () -> SafeTensors.write(dir.resolve("no/such/dir"), Map.of(), Map.of()));
    assertEquals(ErrorCode.IO, e.code());
  }
}
