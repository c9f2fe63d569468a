package dev.mmib.convert.torch;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.io.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** P20: views of every kind, materialised row by row, and what they read for it. */
class StridedContentTest {

  record View(String name, TorchTensor tensor) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<View> views() {
    return Stream.of(
        view("contiguous", 0, List.of(60L, 50L), List.of(50L, 1L)),
        view("rows", 100, List.of(20L, 50L), List.of(50L, 1L)),
        view("columns", 7, List.of(60L, 10L), List.of(50L, 1L)),
        view("every other column", 0, List.of(60L, 25L), List.of(50L, 2L)),
        view("every other row", 0, List.of(30L, 50L), List.of(100L, 1L)),
        view("transposed", 0, List.of(50L, 60L), List.of(1L, 50L)),
        view("permuted", 0, List.of(5L, 60L, 10L), List.of(1L, 50L, 5L)),
        view("expanded outside", 3, List.of(40L, 20L), List.of(0L, 1L)),
        view("expanded inside", 3, List.of(20L, 40L), List.of(1L, 0L)),
        view("overlapping", 3, List.of(20L, 40L), List.of(2L, 3L)),
        view("of ones", 3, List.of(1L, 40L, 1L), List.of(99L, 1L, 77L)),
        view("of ones, stepped", 3, List.of(1L, 40L, 1L), List.of(99L, 9L, 77L)),
        view("one element", 2999, List.of(1L, 1L), List.of(5L, 7L)),
        view("0-d", 2999, List.of(), List.of()),
        view("empty", 0, List.of(0L, 3L), List.of(1L, 9L)),
        view("empty at the end", 3000, List.of(3L, 0L), List.of(1L, 9L)));
  }

  private static View view(String name, long offset, List<Long> dims, List<Long> strides) {
    return new View(name, new TorchTensor(storage(TensorType.I32, 3000), offset, dims, strides));
  }

  private static MemoryStorages.Memory storage(TensorType type, long size) {
    return new MemoryStorages.Memory("0", type, size, new ArrayList<>());
  }

  /** The elements' places, worked out by the definition. */
  private static int[] expected(TorchTensor of) {
    List<Long> places = List.of(of.offset());
    for (int i = 0; i < of.dims().size(); i++) {
      var next = new ArrayList<Long>();
      for (long place : places) {
        for (long index = 0; index < of.dims().get(i); index++) {
          next.add(place + index * of.strides().get(i));
        }
      }
      places = next;
    }
    return places.stream().mapToInt(Long::intValue).toArray();
  }

  private static int[] read(TorchTensor tensor, int run) {
    int size = (int) tensor.size();
    var source = tensor.source();
    var all = new int[size];
    for (int at = 0; at < size; at += run) {
      int count = Math.min(run, size - at);
      var buffer = ByteBuffer.allocateDirect(count * 4 + 8).order(ByteOrder.LITTLE_ENDIAN);
      buffer.position(4).limit(4 + count * 4);
      source.content().put(at, buffer);
      assertEquals(0, buffer.remaining());
      buffer.position(4);
      buffer.asIntBuffer().get(all, at, count);
    }
    return all;
  }

  @ParameterizedTest(name = "P20: {0}")
  @MethodSource("views")
  void readsTheElementsThatTheStridesPointAt(View view) {
    var expected = expected(view.tensor());
    assertEquals(expected.length, view.tensor().size());
    assertAll(
        IntStream.of(1, 7, 64, 100_000)
            .mapToObj(run -> () -> assertArrayEquals(expected, read(view.tensor(), run))));
  }

  @Test
  void readsTheSameTwiceAndFromAnywhere() {
    var tensor = view("transposed", 0, List.of(50L, 60L), List.of(1L, 50L)).tensor();
    var source = tensor.source();
    var expected = expected(tensor);
    var random = new Random(5);
    for (int i = 0; i < 200; i++) {
      int at = random.nextInt(3000);
      int count = 1 + random.nextInt(3000 - at);
      var buffer = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
      source.content().put(at, buffer);
      var read = new int[count];
      buffer.flip().asIntBuffer().get(read);
      assertArrayEquals(Arrays.copyOfRange(expected, at, at + count), read);
    }
  }

  @ParameterizedTest(name = "elements of {0} bytes")
  @EnumSource(
      value = TensorType.class,
      names = {"U8", "F16", "F32", "F64"})
  void readsElementsOfAnyWidth(TensorType type) {
    int width = type.bits() / 8;
    var tensor = new TorchTensor(storage(type, 200), 0, List.of(20L, 10L), List.of(1L, 20L));
    var buffer = ByteBuffer.allocate(200 * width);
    tensor.source().content().put(0, buffer);
    var places = expected(tensor);
    for (int i = 0; i < 200; i++) {
      for (int b = 0; b < width; b++) {
        assertEquals((byte) ((long) places[i] >> 8 * b), buffer.get(i * width + b));
      }
    }
  }

  /** Speed: what is contiguous goes to its place in one read, nothing in between. */
  @Test
  void aContiguousTensorIsOneReadARun() {
    var storage = storage(TensorType.F32, 1_000_000);
    var tensor = new TorchTensor(storage, 100, List.of(900L, 1000L), List.of(1000L, 1L));
    tensor.source().content().put(5, ByteBuffer.allocate(4 * 700_000));
    assertEquals(List.of(4 * 700_000), storage.reads());
  }

  @Test
  void longRowsAreReadIntoTheirPlace() {
    var storage = storage(TensorType.F32, 1_000_000);
    var tensor = new TorchTensor(storage, 0, List.of(100L, 2000L), List.of(10_000L, 1L));
    tensor.source().content().put(2000, ByteBuffer.allocate(4 * 4000));
    assertEquals(List.of(8000, 8000), storage.reads());
  }

  /** A transposed matrix is fetched once, however short the runs that it is asked for in. */
  @Test
  void aTransposedMatrixIsReadOnce() {
    var storage = storage(TensorType.F32, 1_000_000);
    var tensor = new TorchTensor(storage, 0, List.of(1000L, 1000L), List.of(1L, 1000L));
    read(tensor, 10_000);
    assertEquals(List.of(4_000_000), storage.reads());
  }

  /** Columns far apart: not all that lies between them is held at once, or read in vain. */
  @Test
  void aTableIsReadInPieces() {
    var storage = storage(TensorType.F32, 1_000_000);
    var tensor = new TorchTensor(storage, 0, List.of(1000L, 10L), List.of(1000L, 100L));
    read(tensor, 1000);
    assertTrue(storage.reads().stream().allMatch(bytes -> bytes <= 1 << 20));
    assertTrue(storage.reads().stream().mapToLong(bytes -> bytes).sum() <= 4_000_000);
    var sparse = storage(TensorType.F32, 1_000_000);
    read(new TorchTensor(sparse, 0, List.of(100L), List.of(10_000L)), 10);
    assertEquals(400, sparse.reads().stream().mapToLong(bytes -> bytes).sum());
  }

  /** Every second element jumps back: what lies between is not read again for each of them. */
  @Test
  void stridesThatJumpBackReadLittleMoreThanTheyShow() {
    var storage = storage(TensorType.F32, 1_000_000);
    var dims = List.of(3000L, 2L, 2L);
    read(new TorchTensor(storage, 0, dims, List.of(1L, 900_000L, 1000L)), 1000);
    read(new TorchTensor(storage, 0, dims, List.of(1L, 900_000L, 4000L)), 1000);
    assertTrue(storage.reads().stream().mapToLong(bytes -> bytes).sum() < 6000 * 4100L);
  }
}
