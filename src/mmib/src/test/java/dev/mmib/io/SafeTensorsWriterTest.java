package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Cost;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writing safetensors: the same bytes each time, whole or not at all, in runs. */
class SafeTensorsWriterTest {

  @TempDir Path dir;

  @Test
  void streamsATensorOfAnySize() throws Throwable {
    long elements = 40_000_000;
    var big = new TensorSource(TensorType.F32, List.of(elements), (at, to) -> fill(at, to));
    var path = dir.resolve("big");
    SafeTensors.write(path, Map.of("x", big), Map.of());
    long allocated = Cost.allocated(() -> SafeTensors.write(path, Map.of("x", big), Map.of()));
    assertTrue(allocated < 4 << 20, () -> allocated + " bytes of heap for a tensor of 160 MB");
    try (var file = SafeTensors.open(path)) {
      file.readInto(
          "x",
          (at, values, count) -> {
            for (int i = 0; i < count; i += 1000) {
              assertEquals((at + i) % 1000, values[i]);
            }
          });
    }
  }

  private static void fill(long at, ByteBuffer to) {
    for (long i = at; to.hasRemaining(); i++) {
      to.putFloat(i % 1000);
    }
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
