package dev.mmib.io;

import static dev.mmib.io.SafeTensorsFiles.PAIR;
import static dev.mmib.io.SafeTensorsFiles.bytes;
import static dev.mmib.io.SafeTensorsFiles.counting;
import static dev.mmib.io.SafeTensorsFiles.floats;
import static dev.mmib.io.SafeTensorsFiles.one;
import static dev.mmib.io.SafeTensorsFiles.u8;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.DType;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Cost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One row for each unusual safetensors file that is right; the ids are those of the catalogue. */
class SafeTensorsReadTest {

  private static final String X = "{\"x\":" + PAIR + "}";

  @TempDir Path dir;

  /** A file of one tensor of two floats, 1 and 2. */
  private static Arguments pair(String id, String header, String name) {
    return Arguments.of(
        id, bytes(header.getBytes(UTF_8), floats(1, 2)), Map.of(name, new float[] {1, 2}));
  }

  private static Arguments row(String id, String header, byte[] data, Map<String, float[]> values) {
    return Arguments.of(id, bytes(header.getBytes(UTF_8), data), values);
  }

  private static Arguments name(String id, String spelled, String name) {
    return pair(id, "{\"" + spelled + "\":" + PAIR + "}", name);
  }

  static Stream<Arguments> mustBeRead() {
    return Stream.concat(headers(), names());
  }

  private static Stream<Arguments> headers() {
    var ones = "[1" + ",1".repeat(63) + "]";
    var mixed = "{\"z\":" + u8(8, 8) + ",\"x\":" + PAIR + "}";
    float[] none = {};
    return Stream.of(
        pair("S07a: space before", " \t\r\n" + X, "x"),
        pair("S07b: space after", X + " \n ", "x"),
        pair("S07c: length not a multiple of 8", X + " ".repeat(9 - X.length() % 8), "x"),
        pair("S07d: no padding", X, "x"),
        row("S12a: metadata only", "{\"__metadata__\":{\"a\":\"b\"}}", new byte[0], Map.of()),
        row("S12b: nothing", "{}", new byte[0], Map.of()),
        pair("S12c: __METADATA__ is a name", "{\"__METADATA__\":" + PAIR + "}", "__METADATA__"),
        pair("S14: extra key", "{\"x\":" + PAIR.replace("{", "{\"note\":[{\"a\":1}],") + "}", "x"),
        Arguments.of(
            "S18: 64 dimensions", one("F32", ones, floats(7)), Map.of("x", new float[] {7})),
        row(
            "S22: other order",
            "{\"b\":" + u8(4, 8) + ",\"a\":" + u8(0, 4) + "}",
            counting(8),
            Map.of("a", new float[] {1, 2, 3, 4}, "b", new float[] {5, 6, 7, 8})),
        Arguments.of("S25a: scalar", one("F32", "[]", floats(3)), Map.of("x", new float[] {3})),
        Arguments.of("S25b: zero", one("F32", "[3,0]", new byte[0]), Map.of("x", none)),
        Arguments.of("S25b: zero first", one("F32", "[0,3]", new byte[0]), Map.of("x", none)),
        row(
            "S25b: zero beside another",
            mixed,
            floats(1, 2),
            Map.of("x", new float[] {1, 2}, "z", none)),
        row("S25c: no tensors, no data", "{ }", new byte[0], Map.of()));
  }

  private static Stream<Arguments> names() {
    var long1 = "n".repeat(1 << 20);
    return Stream.of(
        name("S27a: empty name", "", ""),
        name("S27b: name of 1 MB", long1, long1),
        name("S27c: NUL", "\\u0000", "\0"),
        name("S27c: newline", "\\n", "\n"),
        name("S27d: right to left", "\u202e", "\u202e"),
        name("S27e: ANSI escape", "\\u001b[31m", "\u001b[31m"),
        name("S27f: emoji", "😀", "😀"),
        name("S27f: surrogate pair by escapes", "\\ud83d\\ude00", "😀"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mustBeRead")
  void reads(String id, byte[] content, Map<String, float[]> values) throws IOException {
    var path = SafeTensorsFiles.write(dir, content);
    try (var file = SafeTensors.open(path)) {
      assertEquals(values.keySet(), file.tensors().keySet());
      values.forEach((name, numbers) -> assertArrayEquals(numbers, file.readFloats(name)));
      if (id.startsWith("S12a")) {
        assertEquals(Map.of("a", "b"), file.metadata());
      }
      for (var name : values.keySet()) {
        var e = assertThrows(MmibException.class, () -> file.readFloats(name + "?"));
        assertTrue(e.toString().length() < 1000, "a message as long as a name");
        assertTrue(e.toString().chars().noneMatch(c -> c < ' ' || c == '\u202e'), e::toString);
      }
    }
    assertFalse(Cost.isOpen(path), "left open");
  }

  @ParameterizedTest(name = "S16: {0}")
  @ValueSource(strings = {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F4", "F6_E2M3", "F6_E3M2", "C64"})
  void opensTypesThatItCannotReadAndRefusesTheirUse(String type) throws IOException {
    int bits = TensorType.valueOf(type).bits();
    try (var file =
        SafeTensors.open(SafeTensorsFiles.write(dir, one(type, "[8]", counting(bits))))) {
      assertEquals(type, file.entry("x").type().name());
      assertArrayEquals(counting(bits), file.readBytes("x"));
      for (var use :
          Stream.<Runnable>of(
                  () -> file.readFloats("x"),
                  () -> file.readLongs("x"),
                  () -> file.source("x", DType.F32),
                  () -> file.source("x", DType.I32))
              .toList()) {
        var e = assertThrows(MmibException.class, use::run);
        assertEquals(ErrorCode.SAFETENSORS_DTYPE, e.code());
        assertEquals("tensor 'x'", e.position());
        assertTrue(e.what().contains(type), e::what);
      }
    }
  }
}
