package dev.mmib.io;

import static dev.mmib.io.SafeTensorsFiles.PAIR;
import static dev.mmib.io.SafeTensorsFiles.bytes;
import static dev.mmib.io.SafeTensorsFiles.one;
import static dev.mmib.io.SafeTensorsFiles.withLength;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One row for each bad or unusual safetensors file; the ids are those of the catalogue. */
class SafeTensorsTest {

  private static final byte[] NONE = {};

  @TempDir Path dir;

  private static Arguments row(String id, byte[] content) {
    return Arguments.of(id, content);
  }

  private static Arguments header(String id, String header, int dataBytes) {
    return row(id, bytes(header, dataBytes));
  }

  private static Arguments tensor(
      String id, String dtype, String shape, String offsets, int dataBytes) {
    return row(id, one(dtype, shape, offsets, dataBytes));
  }

  static Stream<Arguments> mustBeRefused() {
    return Stream.of(
            lengthsAndText(), entries(), shapes(), offsetsAndLayout(), contentsByOtherPrograms())
        .flatMap(rows -> rows);
  }

  private static Stream<Arguments> lengthsAndText() {
    var pair = ("{\"x\":" + PAIR + "}").getBytes(UTF_8);
    return Stream.of(
        row("S01a no bytes", NONE),
        row("S01b seven bytes", new byte[7]),
        row("S01c empty header", new byte[8]),
        header("S02 one brace", "{", 0),
        row("S03a length 2^63", withLength(Long.MIN_VALUE, pair, new byte[8])),
        row("S03b length 2^64-1", withLength(-1, pair, new byte[8])),
        row("S03c length 100000001", withLength(100_000_001, pair, new byte[8])),
        row("S03d length one past the end", withLength(pair.length + 9, pair, new byte[8])),
        header("S04 no data", "{\"x\":" + PAIR + "}", 0),
        row("S05a not UTF-8", bytes(new byte[] {'{', '"', (byte) 0xFF, '"'}, NONE)),
        row("S05b overlong", bytes(new byte[] {'{', (byte) 0xC0, (byte) 0xA0, '}'}, NONE)),
        header("S05c half a pair", "{\"\\ud800\":" + PAIR + "}", 8),
        header("S06a not JSON", "{\"x\"", 0),
        header("S06b trailing garbage", "{\"x\":" + PAIR + "} x", 8),
        header("S06c two objects", "{}{}", 0),
        header("S06d byte order mark", "\uFEFF{\"x\":" + PAIR + "}", 8),
        header("S06e array", "[]", 0),
        header("S06e number", "1", 0),
        header("S06e null", "null", 0),
        header("S08 nested 10000", "{\"x\":" + "[".repeat(10_000), 0),
        header("S08 nested 20000", "{\"x\":" + "{\"a\":".repeat(20_000), 0),
        header("S08 in metadata", "{\"__metadata__\":{\"a\":" + "[".repeat(10_000), 0),
        header("S09 duplicate name", "{\"x\":" + PAIR + ",\"x\":" + PAIR + "}", 8),
        header("S09 duplicate by escape", "{\"x\":" + PAIR + ",\"\\u0078\":" + PAIR + "}", 8));
  }

  private static Stream<Arguments> entries() {
    return Stream.of(
        header("S10 dtype twice", "{\"x\":" + PAIR.replace("{", "{\"dtype\":\"F32\",") + "}", 8),
        header("S10 shape twice", "{\"x\":" + PAIR.replace("{", "{\"shape\":[2],") + "}", 8),
        header(
            "S10 data_offsets twice",
            "{\"x\":" + PAIR.replace("{", "{\"data_offsets\":[0,8],") + "}",
            8),
        header("S11a number in metadata", "{\"__metadata__\":{\"a\":1}}", 0),
        header("S11b nested metadata", "{\"__metadata__\":{\"a\":{}}}", 0),
        header("S11c metadata no object", "{\"__metadata__\":\"a\"}", 0),
        header("S13a no dtype", "{\"x\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8),
        header("S13b no shape", "{\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8),
        header("S13c no data_offsets", "{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8),
        header("S13 entry null", "{\"x\":null}", 0),
        tensor("S15a F128", "\"F128\"", "[2]", "[0,8]", 8),
        tensor("S15b f32", "\"f32\"", "[2]", "[0,8]", 8),
        tensor("S15c number", "32", "[2]", "[0,8]", 8),
        tensor("S15d empty", "\"\"", "[2]", "[0,8]", 8));
  }

  private static Stream<Arguments> shapes() {
    return Stream.of(
        tensor("S17a negative", "\"F32\"", "[-2]", "[0,8]", 8),
        tensor("S17a negative zero", "\"F32\"", "[-0]", "[0,0]", 0),
        tensor("S17b 1.5", "\"F32\"", "[1.5]", "[0,8]", 8),
        tensor("S17b 2.0", "\"F32\"", "[2.0]", "[0,8]", 8),
        tensor("S17c 1e3", "\"F32\"", "[1e3]", "[0,4000]", 4000),
        tensor("S17d string", "\"F32\"", "[\"2\"]", "[0,8]", 8),
        tensor("S17e 2^31 without bytes", "\"F32\"", "[2147483648]", "[0,8]", 8),
        tensor("S17f 2^53+1", "\"U8\"", "[9007199254740993]", "[0,8]", 8),
        tensor("S17g 2^63", "\"U8\"", "[9223372036854775808]", "[0,8]", 8),
        tensor("S17h 2^64", "\"U8\"", "[18446744073709551616]", "[0,8]", 8),
        tensor("S17i leading zero", "\"F32\"", "[02]", "[0,8]", 8),
        tensor("S17 null", "\"F32\"", "null", "[0,8]", 8),
        tensor("S19a 2^32 x 2^32", "\"F32\"", "[4294967296,4294967296]", "[0,8]", 8),
        tensor("S19b wraps to 0", "\"F32\"", "[4611686018427387904,4]", "[0,0]", 0),
        tensor("S19b bits wrap to 8", "\"U8\"", "[2305843009213693953]", "[0,1]", 1),
        tensor("S19c zero and 2^63", "\"F32\"", "[0,9223372036854775807,4]", "[0,0]", 0),
        tensor("S19c zero last", "\"F32\"", "[9223372036854775807,4,0]", "[0,0]", 0));
  }

  private static Stream<Arguments> offsetsAndLayout() {
    var a = "\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},";
    var same =
        IntStream.range(0, 100_000)
            .mapToObj(i -> "\"" + i + "\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}")
            .collect(Collectors.joining(",", "{", "}"));
    return Stream.of(
        tensor("S20a one number", "\"F32\"", "[2]", "[8]", 8),
        tensor("S20b three numbers", "\"F32\"", "[2]", "[0,8,8]", 8),
        tensor("S20c reversed", "\"F32\"", "[2]", "[8,0]", 8),
        tensor("S20d negative", "\"F32\"", "[2]", "[-8,0]", 8),
        tensor("S20e past the data", "\"F32\"", "[4]", "[0,16]", 8),
        tensor("S20f fraction", "\"F32\"", "[2]", "[0,8.0]", 8),
        tensor("S20g 2^63", "\"F32\"", "[2]", "[0,9223372036854775808]", 8),
        header("S21a hole", "{" + a + "\"b\":" + u8(5, 8) + "}", 8),
        header("S21b overlap", "{" + a + "\"b\":" + u8(3, 8) + "}", 8),
        header("S21c one range 100000 times", same, 4),
        header("S21d does not start at 0", "{\"b\":" + u8(4, 8) + "}", 8),
        header("S23 bytes after the last tensor", "{" + a + "\"b\":" + u8(4, 8) + "}", 9),
        header("S23 bytes without tensors", "{}", 1),
        tensor("S24 a byte less", "\"F32\"", "[2]", "[0,7]", 7),
        tensor("S24 an element more", "\"F32\"", "[2]", "[0,12]", 12),
        tensor("S24 five for four", "\"U8\"", "[4]", "[0,5]", 5),
        tensor("S24 scalar without bytes", "\"F32\"", "[]", "[0,0]", 0),
        tensor("S24 half a byte", "\"F4\"", "[3]", "[0,1]", 1));
  }

  private static Stream<Arguments> contentsByOtherPrograms() {
    return Stream.of(
        row("a zip", "PK\3\4 and so on".getBytes(UTF_8)),
        row("a pointer", "version https://git-lfs.github.com/spec/v1\n".getBytes(UTF_8)),
        row("a web page", "<!DOCTYPE html><html></html>".getBytes(UTF_8)));
  }

  private static String u8(int begin, int end) {
    return "{\"dtype\":\"U8\",\"shape\":["
        + (end - begin)
        + "],\"data_offsets\":["
        + begin
        + ","
        + end
        + "]}";
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mustBeRefused")
  void refuses(String id, byte[] content) throws IOException {
    var file = SafeTensorsFiles.write(dir, content);
    var e = assertThrows(MmibException.class, () -> SafeTensors.open(file), id);
    assertEquals(ErrorCode.SAFETENSORS, e.code(), id);
    assertEquals(file.toString(), e.file(), id);
    assertTrue(e.position() != null && !e.hint().isEmpty(), e::what);
  }

  static Stream<Arguments> mustBeRead() {
    var x = "{\"x\":" + PAIR + "}";
    var ones = "[1" + ",1".repeat(63) + "]";
    return Stream.of(
        Arguments.of("S07a space before", bytes(" \t\r\n" + x, 8), 1),
        Arguments.of("S07b space after", bytes(x + " \n ", 8), 1),
        Arguments.of(
            "S07c length not a multiple of 8", bytes(x + (x.length() % 8 == 7 ? "  " : " "), 8), 1),
        Arguments.of("S07d no padding", bytes(x, 8), 1),
        Arguments.of("S12a metadata only", bytes("{\"__metadata__\":{\"a\":\"b\"}}", 0), 0),
        Arguments.of("S12b nothing", bytes("{}", 0), 0),
        Arguments.of("S12c upper-case metadata", bytes("{\"__METADATA__\":" + PAIR + "}", 8), 1),
        Arguments.of(
            "S14 extra key", bytes("{\"x\":" + PAIR.replace("{", "{\"note\":[{}],") + "}", 8), 1),
        Arguments.of("S16 F8_E4M3", one("\"F8_E4M3\"", "[2]", "[0,2]", 2), 1),
        Arguments.of("S16 F8_E5M2", one("\"F8_E5M2\"", "[2]", "[0,2]", 2), 1),
        Arguments.of("S16 C64", one("\"C64\"", "[2]", "[0,16]", 16), 1),
        Arguments.of("S16 F4", one("\"F4\"", "[4]", "[0,2]", 2), 1),
        Arguments.of("S18 64 dimensions", one("\"F32\"", ones, "[0,4]", 4), 1),
        Arguments.of(
            "S22 other order", bytes("{\"b\":" + u8(4, 8) + ",\"a\":" + u8(0, 4) + "}", 8), 2),
        Arguments.of("S25a scalar", one("\"F32\"", "[]", "[0,4]", 4), 1),
        Arguments.of("S25b zero", one("\"F32\"", "[3,0]", "[0,0]", 0), 1),
        Arguments.of(
            "S25b zero beside another", bytes("{\"z\":" + u8(8, 8) + ",\"x\":" + PAIR + "}", 8), 2),
        Arguments.of("S27a empty name", bytes("{\"\":" + PAIR + "}", 8), 1),
        Arguments.of(
            "S27b name of 1 MB", bytes("{\"" + "n".repeat(1 << 20) + "\":" + PAIR + "}", 8), 1),
        Arguments.of("S27c NUL and newline", bytes("{\"\\u0000\\n\":" + PAIR + "}", 8), 1),
        Arguments.of("S27d right to left", bytes("{\"\u202e\":" + PAIR + "}", 8), 1),
        Arguments.of("S27e ANSI escape", bytes("{\"\\u001b[31m\":" + PAIR + "}", 8), 1),
        Arguments.of("S27f emoji", bytes("{\"😀\":" + PAIR + "}", 8), 1));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mustBeRead")
  void reads(String id, byte[] content, int tensors) throws IOException {
    try (var file = SafeTensors.open(SafeTensorsFiles.write(dir, content))) {
      assertEquals(tensors, file.tensors().size(), id);
      for (var entry : file.tensors().values()) {
        if (entry.type().isReadable()) {
          assertEquals(entry.size(), file.readFloats(entry.name()).length, id);
        } else {
          var e = assertThrows(MmibException.class, () -> file.readFloats(entry.name()), id);
          assertEquals(ErrorCode.SAFETENSORS_DTYPE, e.code());
          assertTrue(e.position() != null && e.position().contains(entry.name()));
        }
      }
    }
  }
}
