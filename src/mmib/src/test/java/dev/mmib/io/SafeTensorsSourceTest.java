package dev.mmib.io;

import static dev.mmib.io.SafeTensorsFiles.one;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.backend.DType;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Cost;
import dev.mmib.golden.Backends;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tensors of every type on their way from a file into a device's memory. */
class SafeTensorsSourceTest {

  private static final int MANY = 150_001; // more than two runs

  @TempDir Path dir;

  private static void put(ByteBuffer data, TensorType type, long i) {
    switch (type) {
      case BOOL -> data.put((byte) (i % 2));
      case U8, I8 -> data.put((byte) i);
      case I16, U16 -> data.putShort((short) i);
      case F16, BF16 -> data.putShort((short) (i % 0x7800));
      case I32, U32 -> data.putInt((int) (i * 30_011));
      case F32 -> data.putFloat(i * 0.37f);
      case F64 -> data.putDouble(i * 0.37);
      case I64, U64 -> data.putLong(i * 30_011);
      default -> throw new IllegalArgumentException("test: no numbers of " + type);
    }
  }

  private static LongToDoubleFunction number(TensorType type) {
    return switch (type) {
      case BOOL -> i -> i % 2;
      case U8 -> i -> i & 0xFF;
      case I8 -> i -> (byte) i;
      case I16 -> i -> (short) i;
      case U16 -> i -> i & 0xFFFF;
      case F16 -> i -> half((int) (i % 0x7800));
      case BF16 -> i -> Float.intBitsToFloat((int) (i % 0x7800) << 16);
      case I32 -> i -> (int) (i * 30_011);
      case U32 -> i -> (i * 30_011) & 0xFFFF_FFFFL;
      case F32 -> i -> i * 0.37f;
      case F64 -> i -> (float) (i * 0.37);
      case I64, U64 -> i -> i * 30_011;
      default -> throw new IllegalArgumentException("test: no numbers of " + type);
    };
  }

  /** A positive half by its definition. */
  private static double half(int bits) {
    int exponent = bits >> 10;
    return exponent == 0
        ? (bits & 0x3FF) * 0x1p-24
        : Math.scalb(1 + (bits & 0x3FF) / 1024.0, exponent - 15);
  }

  private SafeTensors many(TensorType type) throws IOException {
    var data = ByteBuffer.allocate(MANY * type.bits() / 8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < MANY; i++) {
      put(data, type, i);
    }
    var file = one(type.name(), "[" + MANY + "]", data.array());
    return SafeTensors.open(SafeTensorsFiles.write(dir, file));
  }

  private static final String READABLE = "BOOL|U8|I8|I16|U16|F16|BF16|I32|U32|F32|F64|I64|U64";

  @ParameterizedTest(name = "S33: {0} where F32 is expected")
  @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = READABLE)
  void fillsFloatsOnEveryDevice(TensorType type) throws IOException {
    var number = number(type);
    try (var file = many(type)) {
      for (var backend : Backends.present()) {
        try (var buffer = backend.allocate(DType.F32, MANY)) {
          backend.upload(file.source("x", DType.F32), buffer, 0, MANY);
          var got = new float[MANY];
          backend.download(buffer, 0, got, 0, MANY);
          for (int i = 0; i < MANY; i++) {
            assertEquals((float) number.applyAsDouble(i), got[i], type + " " + i);
          }
        }
      }
      assertEquals((float) number.applyAsDouble(MANY - 1), file.readFloats("x")[MANY - 1]);
    }
  }

  @ParameterizedTest(name = "S33: {0} where I32 is expected")
  @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = "BOOL|U8|I8|I16|U16|I32")
  void fillsIntsOnEveryDevice(TensorType type) throws IOException {
    var number = number(type);
    try (var file = many(type)) {
      for (var backend : Backends.present()) {
        try (var buffer = backend.allocate(DType.I32, MANY)) {
          backend.upload(file.source("x", DType.I32), buffer, 0, MANY);
          var got = new int[MANY];
          backend.download(buffer, 0, got, 0, MANY);
          for (int i = 0; i < MANY; i++) {
            assertEquals((int) number.applyAsDouble(i), got[i], type + " " + i);
          }
        }
      }
      assertEquals((int) number.applyAsDouble(MANY - 1), file.readInts("x")[MANY - 1]);
    }
  }

  private static byte[] longs(long... values) {
    var data = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    data.asLongBuffer().put(values);
    return data.array();
  }

  private static byte[] doubles(double value) {
    return longs(Double.doubleToRawLongBits(value));
  }

  private static byte[] bytes(int... values) {
    var data = new byte[values.length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) values[i];
    }
    return data;
  }

  private static Arguments row(String id, String type, byte[] data, DType wanted, String piece) {
    return Arguments.of(id, type, data, wanted, piece);
  }

  static Stream<Arguments> doNotFit() {
    var f32 = DType.F32;
    var i32 = DType.I32;
    return Stream.of(
        row("S33: BOOL byte 2", "BOOL", bytes(1, 2), f32, "element 1 is 2 vs 0 or 1"),
        row("S33: BOOL byte 2 as int", "BOOL", bytes(0, 255), i32, "element 1 is 255 vs 0 or 1"),
        row("S33: 1e300", "F64", doubles(1e300), f32, "element 0 is 1.0E300 vs 32 bits"),
        row("S33: 2^31 in I64", "I64", longs(1, 1L << 31), i32, "element 1 is 2147483648 vs 32"),
        row("S33: -2^31-1", "I64", longs(-(1L << 31) - 1), i32, "is -2147483649 vs 32 bits"),
        row("S33: 2^32-1 in U32", "U32", bytes(-1, -1, -1, -1), i32, "is 4294967295 vs 32 bits"),
        row("S33: 2^63 in U64", "U64", longs(Long.MIN_VALUE), i32, "9223372036854775808 vs 63"),
        row("S33: F32 as ints", "F32", new byte[8], i32, "holds F32 vs whole numbers"),
        row("S33: F16 as ints", "F16", new byte[8], i32, "holds F16 vs whole numbers"),
        row("S33: F64 as ints", "F64", new byte[8], i32, "holds F64 vs whole numbers"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("doNotFit")
  void refusesNumbersThatDoNotFit(String id, String type, byte[] data, DType wanted, String piece)
      throws IOException {
    int count = data.length * 8 / TensorType.valueOf(type).bits();
    var content = one(type, "[" + count + "]", data);
    try (var file = SafeTensors.open(SafeTensorsFiles.write(dir, content))) {
      var to = ByteBuffer.allocate(4 * count);
      var e = assertThrows(MmibException.class, () -> file.source("x", wanted).read(0, to));
      assertEquals(ErrorCode.SAFETENSORS_DTYPE, e.code());
      assertEquals("tensor 'x'", e.position());
      assertTrue(e.what().contains(piece), e::what);
      assertThrows(
          MmibException.class,
          () -> {
            if (wanted == DType.F32) {
              file.readFloats("x");
            } else {
              file.readInts("x");
            }
          });
    }
  }

  @Test
  @DisplayName("S33: numbers at the edges of what fits")
  void readsNumbersAtTheEdges() throws IOException {
    float[] floats = {0x1p63f, 1.8446744e19f, 9.2233730e18f, 16777216f};
    long[] unsigned = {Long.MIN_VALUE, -1, Long.MIN_VALUE + (1L << 39) + 1, 16777217};
    try (var file =
        SafeTensors.open(SafeTensorsFiles.write(dir, one("U64", "[4]", longs(unsigned))))) {
      assertArrayEquals(floats, file.readFloats("x"));
    }
    long[] ints = {Integer.MAX_VALUE, Integer.MIN_VALUE, 0};
    try (var file = SafeTensors.open(SafeTensorsFiles.write(dir, one("I64", "[3]", longs(ints))))) {
      assertArrayEquals(new int[] {Integer.MAX_VALUE, Integer.MIN_VALUE, 0}, file.readInts("x"));
      assertArrayEquals(ints, file.readLongs("x"));
    }
    for (double value : new double[] {Double.POSITIVE_INFINITY, Double.NaN, -0.0, 0x1p-149}) {
      try (var file =
          SafeTensors.open(SafeTensorsFiles.write(dir, one("F64", "[1]", doubles(value))))) {
        assertArrayEquals(new float[] {(float) value}, file.readFloats("x"));
      }
    }
  }

  @ParameterizedTest(name = "{0} to {1}")
  @MethodSource("orders")
  void fillsBuffersOfEitherByteOrder(TensorType type, DType wanted, ByteOrder order)
      throws IOException {
    try (var file = many(type)) {
      var to = ByteBuffer.allocateDirect(4 * 70_003).order(order);
      file.source("x", wanted).read(70_000, to);
      assertEquals(0, to.remaining());
      var number = number(type);
      for (int i = 0; i < 70_003; i++) {
        double got = wanted == DType.F32 ? to.getFloat(4 * i) : to.getInt(4 * i);
        assertEquals((float) number.applyAsDouble(70_000 + i), (float) got);
      }
    }
  }

  static Stream<Arguments> orders() {
    return Stream.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)
        .flatMap(
            order ->
                Stream.of(
                    Arguments.of(TensorType.F32, DType.F32, order),
                    Arguments.of(TensorType.BF16, DType.F32, order),
                    Arguments.of(TensorType.I32, DType.I32, order),
                    Arguments.of(TensorType.I16, DType.I32, order)));
  }

  @Test
  void readsFloatsStraightIntoOffHeapMemory() throws Throwable {
    var cpu =
        Backends.present().stream().filter(backend -> backend.name().equals("cpu")).findFirst();
    assumeTrue(cpu.isPresent(), "skipped: no device cpu");
    var backend = cpu.orElseThrow();
    int elements = 4_000_000;
    var path = dir.resolve("big.safetensors");
    SafeTensors.write(
        path,
        Map.of(
            "x",
            new TensorSource(TensorType.F32, List.of((long) elements), (at, to) -> to.position())),
        Map.of());
    try (var file = SafeTensors.open(path);
        var buffer = backend.allocate(DType.F32, elements)) {
      var source = file.source("x", DType.F32);
      backend.upload(source, buffer, 0, elements);
      long allocated = Cost.allocated(() -> backend.upload(source, buffer, 0, elements));
      assertTrue(allocated < 1 << 16, () -> allocated + " bytes of heap for 16 MB");
    }
  }

  @Test
  void refusesPlacesOutsideOfTheTensor() throws IOException {
    try (var file = many(TensorType.U8)) {
      var source = file.source("x", DType.I32);
      var two = ByteBuffer.allocate(8);
      assertThrows(IndexOutOfBoundsException.class, () -> source.read(MANY - 1, two));
      assertThrows(IndexOutOfBoundsException.class, () -> source.read(-1, two));
    }
  }
}
