package dev.mmib.io;

import static dev.mmib.io.SafeTensorsFiles.u8;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.DType;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Cost;
import dev.mmib.nn.Initializer;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Safetensors files that are larger than arrays and ints, and headers as large as they may be. */
class SafeTensorsLimitsTest {

  private static final long GB = 1L << 30;

  @TempDir Path dir;

  private static String entry(String name, String type, long elements, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":[%d],\"data_offsets\":[%d,%d]}"
        .formatted(name, type, elements, begin, end);
  }

  /**
   * A file with holes: {@code wide} of 2^31 bytes, {@code x} after it, {@code huge} of 2^31 floats,
   * and {@code y} after that.
   */
  private Path sparse(String file) throws IOException {
    long x = 2 * GB;
    long huge = x + 8;
    long y = huge + 8 * GB;
    var header =
        "{%s,%s,%s,%s}"
            .formatted(
                entry("wide", "U8", 2 * GB, 0, x),
                entry("x", "F32", 2, x, huge),
                entry("huge", "F32", 2 * GB, huge, y),
                entry("y", "F32", 2, y, y + 8));
    var path = Files.write(dir.resolve(file), SafeTensorsFiles.bytes(header, 0));
    try (var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      long data = 8 + header.length();
      channel.write(ByteBuffer.wrap(SafeTensorsFiles.counting(1)), data + x - 1);
      channel.write(ByteBuffer.wrap(SafeTensorsFiles.floats(3, 4)), data + x);
      channel.write(ByteBuffer.wrap(SafeTensorsFiles.floats(5)), data + y - 4);
      channel.write(ByteBuffer.wrap(SafeTensorsFiles.floats(6, 7)), data + y);
    }
    return path;
  }

  @Test
  @DisplayName("S32a: tensors of 2 GiB and more; S17e: an extent of 2^31 with its bytes")
  void readsPlacesOfHugeTensorsAndRefusesThemAsArrays() throws IOException {
    try (var file = SafeTensors.open(sparse("m.safetensors"))) {
      assertEquals(2 * GB, file.entry("wide").size());
      var three = ByteBuffer.allocate(12).order(ByteOrder.nativeOrder());
      file.source("wide", DType.I32).read(2 * GB - 3, three);
      assertArrayEquals(new int[] {0, 0, 1}, ints(three));
      var two = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
      file.source("huge", DType.F32).read(2 * GB - 2, two);
      assertEquals(0, two.getFloat(0));
      assertEquals(5, two.getFloat(4));

      for (var name : new String[] {"wide", "huge"}) {
        var e = assertThrows(MmibException.class, () -> file.readFloats(name));
        assertEquals(ErrorCode.SAFETENSORS_DTYPE, e.code());
        assertTrue(e.what().contains("too large for one array"), e::what);
        assertThrows(MmibException.class, () -> file.readBytes(name));
      }
      assertThrows(MmibException.class, () -> file.readLongs("wide"));
    }
  }

  @Test
  @DisplayName("S32b: offsets beyond 2^31 and 2^32")
  void readsSmallTensorsBehindHugeOnes() throws IOException {
    var path = sparse("m.safetensors");
    try (var file = SafeTensors.open(path)) {
      assertArrayEquals(new float[] {3, 4}, file.readFloats("x"));
      assertArrayEquals(new float[] {6, 7}, file.readFloats("y"));
      assertArrayEquals(SafeTensorsFiles.floats(6, 7), file.readBytes("y"));
    }
    try (var stored = StoredWeights.open(path);
        var backend = new JavaBackend(1);
        var buffer = backend.allocate(DType.F32, 2)) {
      var values = stored.all().values("y", Shape.of(2), Initializer.ZEROS);
      values.upload(backend, buffer, 0, 2);
      var got = new float[2];
      backend.download(buffer, 0, got, 0, 2);
      assertArrayEquals(new float[] {6, 7}, got);
      var e =
          assertThrows(
              MmibException.class,
              () -> stored.all().values("huge", Shape.of(2), Initializer.ZEROS));
      assertEquals(ErrorCode.WEIGHTS_MISMATCH, e.code());
    }
  }

  @Test
  @DisplayName("S32: shards of more than 2 GB each")
  void readsHugeShardsByTheirIndex() throws IOException {
    sparse("a.safetensors");
    SafeTensors.write(
        dir.resolve("b.safetensors"), Map.of("z", TensorSource.floats(Shape.of(1), 9)), Map.of());
    var map = "\"wide\":1,\"x\":1,\"huge\":1,\"y\":1,\"z\":2";
    var index =
        Files.writeString(
            dir.resolve("model.safetensors.index.json"),
            ("{\"metadata\":{\"total_size\":10737418260},\"weight_map\":{" + map + "}}")
                .replace(":1", ":\"a.safetensors\"")
                .replace(":2", ":\"b.safetensors\"")
                .replace("\"a.safetensors\"0737418260", "10737418260"));
    try (var stored = StoredWeights.open(WeightIndex.read(index))) {
      var y = stored.all().values("y", Shape.of(2), Initializer.ZEROS);
      assertArrayEquals(new float[] {6, 7}, y.toArray());
      assertEquals(5, stored.shapes().size());
    }
  }

  @Test
  void refusesAnArrayThatDoesNotFitTheHeap() throws IOException {
    long most = Integer.MAX_VALUE - 8; // 16 GB as longs
    var header = "{" + entry("x", "U8", most, 0, most) + "}";
    var path = Files.write(dir.resolve("m.safetensors"), SafeTensorsFiles.bytes(header, 0));
    try (var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(1), 8 + header.length() + most - 1);
    }
    try (var file = SafeTensors.open(path)) {
      var e = assertThrows(MmibException.class, () -> file.readLongs("x"));
      assertEquals(ErrorCode.OUT_OF_MEMORY, e.code());
      assertEquals("tensor 'x'", e.position());
    }
  }

  private static int[] ints(ByteBuffer bytes) {
    var ints = new int[bytes.flip().remaining() / 4];
    bytes.asIntBuffer().get(ints);
    return ints;
  }

  @Test
  @DisplayName("S26: 250000 entries are read")
  void readsManyTensors() throws Throwable {
    int count = 250_000;
    var many =
        IntStream.range(0, count)
            .mapToObj(i -> "\"t" + i + "\":" + u8(i, i + 1))
            .collect(Collectors.joining(",", "{", "}"));
    var path = SafeTensorsFiles.write(dir, SafeTensorsFiles.bytes(many, count));
    long allocated = Cost.allocated(() -> SafeTensors.open(path).close());
    assertTrue(allocated <= 32L * many.length(), () -> allocated + " bytes for " + many.length());
    try (var file = SafeTensors.open(path)) {
      assertEquals(count, file.tensors().size());
      assertArrayEquals(new float[1], file.readFloats("t" + (count - 1)));
    }
  }

  @Test
  @DisplayName("S26: a header of 16 MB is refused within 24 times its size")
  void boundsALargeHeader() throws Throwable {
    assertBounded(16_000_000, 24);
  }

  @Test
  @Tag("slow")
  @DisplayName("S26: a header of 99 MB is refused within 8 times its size")
  void boundsTheLargestHeader() throws Throwable {
    assertBounded(99_000_000, 8);
  }

  private void assertBounded(int length, int times) throws Throwable {
    var entry = ("\"0\":" + u8(0, 1) + ",").getBytes(UTF_8);
    assertRefused(times, filled(length, "{", entry), "duplicate key '0'");
    assertRefused(times, filled(length, "{\"__metadata__\":[", "0,".getBytes(UTF_8)), "values");
    assertRefused(times, filled(length, "{\"a\":[", "[],".getBytes(UTF_8)), "values");
    assertRefused(times, filled(length, "{\"a\":[", "{},".getBytes(UTF_8)), "values");
    var distinct = new StringBuilder("{");
    for (int i = 0; distinct.length() < length - 70; i++) {
      distinct.append('"').append(i).append("\":").append(u8(i, i + 1)).append(',');
    }
    assertRefused(times, distinct.toString().getBytes(UTF_8), "not valid JSON");

    var text = filled(length, "{\"__metadata__\":{\"a\":\"", "x".getBytes(UTF_8));
    System.arraycopy("\"}}".getBytes(UTF_8), 0, text, length - 3, 3);
    assertRefused(times, text, "a string of more than");
  }

  private static byte[] filled(int length, String start, byte[] unit) {
    var header = new byte[length];
    Arrays.fill(header, (byte) ' ');
    System.arraycopy(start.getBytes(UTF_8), 0, header, 0, start.length());
    for (int at = start.length(); at + unit.length <= length; at += unit.length) {
      System.arraycopy(unit, 0, header, at, unit.length);
    }
    return header;
  }

  private void assertRefused(int times, byte[] header, String piece) throws Throwable {
    var path = SafeTensorsFiles.write(dir, SafeTensorsFiles.bytes(header, new byte[0]));
    long allocated =
        assertTimeout(
            Duration.ofSeconds(20),
            () ->
                Cost.allocated(
                    () -> {
                      var e = assertThrows(MmibException.class, () -> SafeTensors.open(path));
                      assertEquals(ErrorCode.SAFETENSORS, e.code());
                      assertTrue(e.what().contains(piece), e::what);
                    }));
    assertTrue(
        allocated <= (long) times * header.length,
        () -> allocated + " bytes for a header of " + header.length + ", " + piece);
  }
}
