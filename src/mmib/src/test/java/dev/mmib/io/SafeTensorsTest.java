package dev.mmib.io;

import static dev.mmib.io.SafeTensorsFiles.PAIR;
import static dev.mmib.io.SafeTensorsFiles.bytes;
import static dev.mmib.io.SafeTensorsFiles.one;
import static dev.mmib.io.SafeTensorsFiles.u8;
import static dev.mmib.io.SafeTensorsFiles.withLength;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Cost;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One row for each bad header of a safetensors file; the ids are those of the catalogue. */
class SafeTensorsTest {

  private static final byte[] NONE = {};
  private static final String X = "{\"x\":" + PAIR + "}";

  @TempDir Path dir;

  private static Arguments row(String id, byte[] content, String piece) {
    return Arguments.of(id, content, piece);
  }

  private static Arguments header(String id, String header, int dataBytes, String piece) {
    return row(id, bytes(header, dataBytes), piece);
  }

  private static Arguments shape(String id, String shape, String piece) {
    return row(id, one("\"F32\"", shape, "[0,8]", 8), piece);
  }

  private static Arguments offsets(String id, String offsets, String piece) {
    return row(id, one("\"F32\"", "[2]", offsets, 8), piece);
  }

  static Stream<Arguments> mustBeRefused() {
    return Stream.of(
            lengths(), texts(), entries(), shapes(), offsetsAndLayout(), contentsByOtherPrograms())
        .flatMap(rows -> rows);
  }

  private static Stream<Arguments> lengths() {
    var pair = X.getBytes(UTF_8);
    var eight = new byte[8];
    long past = pair.length + 9; // the file's size − 7
    return Stream.of(
        row("S01a: no bytes", NONE, "has 0 bytes, at least 8"),
        row("S01b: seven bytes", new byte[7], "has 7 bytes, at least 8"),
        row("S01c: empty header", eight, "unexpected end"),
        header("S02: one brace", "{", 0, "expected a key in double quotes, got the end"),
        row("S03a: length 2^63", withLength(1L << 63, pair, eight), "length 9223372036854775808"),
        row("S03b: length 2^64-1", withLength(-1, pair, eight), "length 18446744073709551615"),
        row("S03c: length 100000001", withLength(100_000_001, pair, eight), "length 100000001"),
        row(
            "S03d: length one past the end",
            withLength(past, pair, eight),
            "length 63 vs at most 62"),
        header("S04: no data", X, 0, "[0, 8] vs 0 bytes of data"));
  }

  private static Stream<Arguments> texts() {
    var deep = "{\"__metadata__\":{\"a\":" + "[".repeat(10_000);
    return Stream.of(
        row("S05a: not UTF-8", bytes(new byte[] {'{', '"', -1, '"'}, NONE), "byte 2"),
        row("S05b: overlong", bytes(new byte[] {'{', (byte) 0xC0, -96, '}'}, NONE), "byte 1"),
        header("S05c: half a pair", "{\"\\ud800\":" + PAIR + "}", 8, "half a surrogate pair"),
        header("S06a: not JSON", "{\"x\"", 0, "expected ':', got the end"),
        header("S06b: trailing garbage", X + " x", 8, "text after the end"),
        header("S06c: two objects", "{}{}", 0, "text after the end"),
        header("S06d: byte order mark", "\uFEFF" + X, 8, "byte order mark"),
        header("S06e: array", "[]", 0, "expected an object"),
        header("S06e: number", "1", 0, "expected an object"),
        header("S06e: null", "null", 0, "expected an object"),
        header("S06e: string", "\"x\"", 0, "expected an object"),
        header("S08: nested 10000", "{\"x\":" + "[".repeat(10_000), 0, "nested more than"),
        header("S08: nested 20000", "{\"x\":" + "{\"a\":".repeat(20_000), 0, "nested more than"),
        header("S08: nested in metadata", deep, 0, "nested more than"),
        header("S09: duplicate name", "{\"x\":" + PAIR + ",\"x\":" + PAIR + "}", 8, "key 'x'"),
        header(
            "S09: duplicate by escape",
            "{\"x\":" + PAIR + ",\"\\u0078\":" + PAIR + "}",
            8,
            "duplicate key 'x'"));
  }

  private static Arguments twice(String member, String again) {
    var entry = PAIR.replace("{", "{\"" + member + "\":" + again + ",");
    return header("S10: " + member + " twice", "{\"x\":" + entry + "}", 8, "key '" + member + "'");
  }

  private static Arguments without(String id, String member) {
    var entry = PAIR.replaceAll("\"" + member + "\":(\"F32\"|\\[[0-9,]+\\]),?", "");
    var header = "{\"x\":" + entry.replace(",}", "}") + "}";
    return header(id + ": no " + member, header, 8, "no member '" + member + "'");
  }

  private static Stream<Arguments> entries() {
    return Stream.of(
        twice("dtype", "\"F32\""),
        twice("shape", "[2]"),
        twice("data_offsets", "[0,8]"),
        header("S11a: number in metadata", "{\"__metadata__\":{\"a\":1}}", 0, "expected a string"),
        header("S11a: null in metadata", "{\"__metadata__\":{\"a\":null}}", 0, "a string"),
        header("S11b: nested metadata", "{\"__metadata__\":{\"a\":{}}}", 0, "expected a string"),
        header("S11c: metadata no object", "{\"__metadata__\":\"a\"}", 0, "expected an object"),
        without("S13a", "dtype"),
        without("S13b", "shape"),
        without("S13c", "data_offsets"),
        header("S13: entry null", "{\"x\":null}", 0, "expected an object"),
        row("S15a: F128", one("\"F128\"", "[2]", "[0,8]", 8), "tensor 'x' unknown dtype 'F128'"),
        row("S15b: f32", one("\"f32\"", "[2]", "[0,8]", 8), "tensor 'x' unknown dtype 'f32'"),
        row("S15c: number", one("32", "[2]", "[0,8]", 8), "expected a string"),
        row("S15d: empty", one("\"\"", "[2]", "[0,8]", 8), "unknown dtype ''"));
  }

  private static Stream<Arguments> shapes() {
    return Stream.of(
        shape("S17a: negative", "[-2]", "number '-2' vs a whole one from 0"),
        shape("S17a: negative zero", "[-0]", "number '-0' vs"),
        shape("S17b: 1.5", "[1.5]", "number '1.5' vs"),
        shape("S17b: 2.0", "[2.0]", "number '2.0' vs"),
        shape("S17c: 1e3", "[1e3]", "number '1e3' vs"),
        shape("S17d: string", "[\"2\"]", "expected a number"),
        shape("S17e: 2^31 without bytes", "[2147483648]", "does not fit its 8 bytes"),
        shape("S17f: 2^53+1", "[9007199254740993]", "[9007199254740993] of F32 does not fit"),
        shape("S17g: 2^63", "[9223372036854775808]", "whole number of at most 64 bits"),
        shape("S17h: 2^64", "[18446744073709551616]", "'18446744073709551616' vs"),
        shape("S17i: leading zero", "[02]", "leading zero"),
        shape("S17: null", "null", "array"),
        shape("S17: null within", "[null]", "expected a number"),
        shape("S19a: 2^32 x 2^32", "[4294967296,4294967296]", "more elements than can be"),
        shape("S19b: product wraps to 0", "[4611686018427387904,4]", "more elements than can be"),
        row(
            "S19b: bits wrap to 8",
            one("\"U8\"", "[2305843009213693953]", "[0,1]", 1),
            "more elements than can be counted"),
        shape("S19c: zero first", "[0,9223372036854775807,4]", "more elements than can be"),
        shape("S19c: zero last", "[9223372036854775807,4,0]", "more elements than can be"));
  }

  private static Stream<Arguments> offsetsAndLayout() {
    var a = "\"a\":" + u8(0, 4);
    var four = "{" + a + "}";
    var same =
        IntStream.range(0, 100_000)
            .mapToObj(i -> "\"" + i + "\":" + u8(0, 4))
            .collect(Collectors.joining(",", "{", "}"));
    var tail = "bytes after the last tensor";
    return Stream.of(
        offsets("S20a: one number", "[8]", "data_offsets of 1 numbers vs 2"),
        offsets("S20b: three numbers", "[0,8,8]", "data_offsets of 3 numbers vs 2"),
        offsets("S20c: reversed", "[8,0]", "data_offsets [8, 0] vs"),
        offsets("S20d: negative", "[-8,0]", "number '-8' vs"),
        offsets("S20e: past the data", "[0,16]", "data_offsets [0, 16] vs 8 bytes"),
        offsets("S20f: fraction", "[0,8.0]", "number '8.0' vs"),
        offsets("S20g: 2^63", "[0,9223372036854775808]", "at most 64 bits"),
        header("S21a: hole", "{" + a + ",\"b\":" + u8(5, 8) + "}", 8, "at 5, after a hole, vs 4"),
        header("S21b: overlap", "{" + a + ",\"b\":" + u8(3, 8) + "}", 8, "at 3, inside another"),
        header("S21c: one range 100000 times", same, 4, "inside another tensor"),
        header("S21d: does not start at 0", "{\"b\":" + u8(4, 8) + "}", 8, "at 4, after a hole"),
        row("S23: a zip appended", bytes(four.getBytes(UTF_8), text("data" + "PK\3\4")), tail),
        row("S23: a pdf appended", bytes(four.getBytes(UTF_8), text("data" + "%PDF-1.7")), tail),
        row("S23: text appended", bytes(four.getBytes(UTF_8), text("data" + "\n")), "1 " + tail),
        header("S23: bytes without tensors", "{}", 1, "1 " + tail),
        row("S24: a byte less", one("\"F32\"", "[2]", "[0,7]", 7), "does not fit its 7 bytes"),
        row("S24: an element more", one("\"F32\"", "[2]", "[0,12]", 12), "fit its 12 bytes"),
        row("S24: five for four", one("\"U8\"", "[4]", "[0,5]", 5), "does not fit its 5 bytes"),
        row("S24: scalar without bytes", one("\"F32\"", "[]", "[0,0]", 0), "fit its 0 bytes"),
        row("S24: half a byte", one("\"F4\"", "[3]", "[0,1]", 1), "does not fit its 1 bytes"));
  }

  private static byte[] text(String text) {
    return text.getBytes(UTF_8);
  }

  private static Stream<Arguments> contentsByOtherPrograms() {
    return Stream.of(
        row("Z01: a zip", text("PK\3\4 and so on"), "looks like a PyTorch file"),
        row("Z01: a pointer", text("version https://git-lfs.github.com/spec/v1\n"), "Git LFS"),
        row("Z01: a web page", text("<!DOCTYPE html><html></html>"), "looks like a web page"),
        header(
            "S27e: escape in a message",
            "{\"\\u001b[31m\\n\u202e\":{\"dtype\":\"F128\",\"shape\":[],\"data_offsets\":[0,0]}}",
            0,
            "tensor '\\u001b[31m\\u000a\\u202e'"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mustBeRefused")
  void refuses(String id, byte[] content, String piece) throws Throwable {
    var file = SafeTensorsFiles.write(dir, content);
    var e = assertThrows(MmibException.class, () -> SafeTensors.open(file), id);
    assertEquals(ErrorCode.SAFETENSORS, e.code(), id);
    assertEquals(file.toString(), e.file(), id);
    assertTrue((e.position() + " " + e.what() + " " + e.hint()).contains(piece), e::toString);
    assertTrue(e.position() != null && !e.hint().isEmpty(), e::what);
    assertTrue(e.toString().chars().noneMatch(c -> c < ' ' || c == '\u202e'), e::toString);
    assertFalse(Cost.isOpen(file), "left open");

    // Bounded before trusted: a multiple of the bytes that are there, whatever they say.
    long allocated =
        Cost.allocated(() -> assertThrows(MmibException.class, () -> SafeTensors.open(file)));
    assertTrue(
        allocated <= 32L * content.length + (1 << 20),
        () -> allocated + " bytes for a file of " + content.length);
  }
}
