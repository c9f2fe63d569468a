package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

  private static final String SAMPLE =
      """
      {"a": [1, -2.5e3, "x\\u00e9\\n\\ud83d\\ude00", true, null, {}], "b": {"c": [], "d": 0}}""";

  @Test
  void readsEveryKindOfValue() {
    var root = Json.parse(SAMPLE, "f.json").asObject();
    var a = root.array("a");
    assertEquals(1, a.at(0).asInt());
    assertEquals(-2500.0, a.at(1).asDouble());
    assertEquals("xé\n😀", a.at(2).asString());
    assertTrue(a.at(3).asBoolean());
    assertTrue(a.at(4).isNull());
    assertEquals(0, a.at(5).asObject().size());
    assertEquals(List.of("a", "b"), List.copyOf(root.keys()));
    assertEquals(0, root.object("b").integer("d"));
  }

  static Stream<Arguments> notJson() {
    return Stream.of(
        Arguments.of("", "1:1"),
        Arguments.of("   ", "1:4"),
        Arguments.of("{", "1:2"),
        Arguments.of("[1,]", "1:4"),
        Arguments.of("{\"a\":1,}", "1:8"),
        Arguments.of("{\"a\" 1}", "1:6"),
        Arguments.of("{a:1}", "1:2"),
        Arguments.of("{'a':1}", "1:2"),
        Arguments.of("[1] x", "1:5"),
        Arguments.of("{}{}", "1:3"),
        Arguments.of("[01]", "1:2"),
        Arguments.of("[-]", "1:3"),
        Arguments.of("[1.]", "1:4"),
        Arguments.of("[.5]", "1:2"),
        Arguments.of("[+1]", "1:2"),
        Arguments.of("[1e]", "1:4"),
        Arguments.of("[0x1F]", "1:3"),
        Arguments.of("[NaN]", "1:2"),
        Arguments.of("[Infinity]", "1:2"),
        Arguments.of("[nul]", "1:2"),
        Arguments.of("[truex]", "1:6"),
        Arguments.of("// no\n{}", "1:1"),
        Arguments.of("{}\n/* no */", "2:1"),
        Arguments.of("\"abc", "1:1"),
        Arguments.of("\"a\tb\"", "1:3"),
        Arguments.of("\"a\nb\"", "1:3"),
        Arguments.of("\"\\x\"", "1:2"),
        Arguments.of("\"\\u12g4\"", "1:6"),
        Arguments.of("\"\\u+123\"", "1:4"),
        Arguments.of("\"\\ud800\"", "1:1"),
        Arguments.of("\"\\ud800\\u0041\"", "1:1"),
        Arguments.of("\"\\udc00\\ud800\"", "1:1"),
        Arguments.of("[\"\ud800\"]", "1:2"),
        Arguments.of("{\"a\":1,\n \"\\u0061\":2}", "2:2"),
        Arguments.of("\u00a0{}", "1:1"),
        Arguments.of("\uFEFF\uFEFF{}", "1:1"));
  }

  @ParameterizedTest
  @MethodSource("notJson")
  void refusesWhatIsNotJsonAtItsPlace(String text, String place) {
    var e = assertThrows(MmibException.class, () -> Json.parse(text, "dir/f.json"));
    assertEquals(ErrorCode.CONFIG, e.code());
    assertEquals("dir/f.json", e.file());
    assertEquals("line " + place, e.position(), e.getMessage());
    assertTrue(e.what().contains("not valid JSON"), e.what());
  }

  @Test
  void skipsOneByteOrderMark() {
    assertEquals(1, Json.parse("\uFEFF1", "f").asInt());
  }

  @Test
  void refusesDeepNestingWithoutOverflowingTheStack() {
    Json.parse("[".repeat(64) + "]".repeat(64), "f");
    Json.parse("{\"a\":".repeat(64) + "1" + "}".repeat(64), "f");
    assertRefused("[".repeat(65) + "]".repeat(65), "nested more than 64");
    assertRefused("[".repeat(2_000_000), "nested more than 64");
    assertRefused("{\"a\":".repeat(100_000), "nested more than 64");
  }

  @Test
  void boundsNumbersAndTheCountOfValues() {
    assertRefused("1".repeat(1_000_000), "more than 1000 characters");
    assertRefused("[" + "1,".repeat(2_000_000) + "1]", "more than 2000000 values");
  }

  @Test
  void keepsWholeNumbersOf64BitsExact() {
    assertEquals(Long.MAX_VALUE, Json.parse("9223372036854775807", "f").asLong());
    assertEquals(Long.MIN_VALUE, Json.parse("-9223372036854775808", "f").asLong());
    assertEquals((1L << 53) + 1, Json.parse("9007199254740993", "f").asLong());
    assertEquals(768, Json.parse("768.0", "f").asInt());
    assertEquals(0, Json.parse("-0", "f").asInt());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9223372036854775808",
        "1e3",
        "768.5",
        "\"768\"",
        "true",
        "null",
        "[]",
        "{}",
        "2147483648"
      })
  void refusesWhatIsNoInt(String text) {
    var e = assertThrows(MmibException.class, () -> Json.parse(" " + text, "f").asInt());
    assertEquals("line 1:2", e.position());
    assertTrue(e.what().startsWith("expected a whole number") || e.what().contains("a number"));
  }

  @Test
  void refusesANumberThatNoDoubleHolds() {
    assertEquals(0.0, Json.parse("1e-999", "f").asDouble());
    assertThrows(MmibException.class, () -> Json.parse("1e999", "f").asDouble());
  }

  @Test
  void namesTheMemberThatIsMissingOrIllTyped() {
    var root = Json.parse("{\n  \"layers\": \"x\\u001b[31m\"}", "f").asObject();
    var wrong = assertThrows(MmibException.class, () -> root.integer("layers"));
    assertEquals("line 2:13", wrong.position());
    assertEquals("'layers': expected a number, got string 'x\\u001b[31m'", wrong.what());
    var missing = assertThrows(MmibException.class, () -> root.string("hidden"));
    assertEquals("no member 'hidden'", missing.what());
    assertEquals("line 1:1", missing.position());
    assertEquals(7, root.integer("hidden", 7));
    assertThrows(MmibException.class, () -> root.integer("layers", 7));
  }

  @Test
  void treatsNullAsAbsentWhereThereIsADefault() {
    var root = Json.parse("{\"p\": null}", "f").asObject();
    assertEquals(0.5, root.number("p", 0.5));
    assertThrows(MmibException.class, () -> root.number("p"));
  }

  @Test
  void writesWhatItReads() {
    var value = Json.parse(SAMPLE, "f");
    assertEquals(
        "{\"a\":[1,-2.5e3,\"xé\\n😀\",true,null,{}],\"b\":{\"c\":[],\"d\":0}}", Json.write(value));
    assertEquals(value, Json.parse(Json.write(value), "f"));
    assertEquals(value, Json.parse(Json.writeIndented(value), "f"));
    assertEquals(Json.write(value), value.toString());
  }

  @Test
  void writesIndentedWithListsOfScalarsOnOneLine() {
    var value = new JsonObject().put("a", new JsonArray().add(1).add(2)).put("b", new JsonObject());
    assertEquals("{\n  \"a\": [1, 2],\n  \"b\": {}\n}\n", Json.writeIndented(value));
  }

  @Test
  void escapesWhatJsonAndUtf8CannotHold() {
    assertEquals(
        "\"\\u0000\\u001f\\\"\\\\\\ud800x\"", Json.write(JsonScalar.of("\0\u001f\"\\\ud800x")));
  }

  @Test
  void refusesToWriteANumberThatIsNotFinite() {
    assertThrows(IllegalArgumentException.class, () -> JsonScalar.of(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> JsonScalar.of(Float.POSITIVE_INFINITY));
    assertEquals("0.1", Json.write(JsonScalar.of(0.1f)));
  }

  @Test
  void readsFilesStrictlyAsUtf8(@TempDir Path dir) throws Exception {
    var file = dir.resolve("c.json");
    Files.write(file, new byte[] {'"', (byte) 0xC0, (byte) 0x80, '"'});
    assertTrue(refused(file).contains("is not UTF-8"));
    Files.write(file, "{}".getBytes(StandardCharsets.UTF_16));
    assertTrue(refused(file).contains("UTF-16"));
    Files.write(file, new byte[0]);
    assertTrue(refused(file).contains("is empty"));
    assertTrue(refused(dir).contains("directory"));
    assertTrue(refused(dir.resolve("none")).contains("no such file"));
    Files.writeString(file, "\uFEFF{\"a\":1}");
    assertEquals(1, Json.read(file, ErrorCode.CONFIG).asObject().integer("a"));
  }

  @Test
  void endsInAValueOrItsOwnErrorForAnyMutation() {
    var random = new Random(1);
    int refusals = 0;
    for (int i = 0; i < 20_000; i++) {
      var text = new StringBuilder(SAMPLE);
      for (int n = random.nextInt(3); n >= 0; n--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.setCharAt(at, SAMPLE.charAt(random.nextInt(SAMPLE.length())));
          default -> text.insert(at, (char) random.nextInt(128));
        }
      }
      try {
        var value = Json.parse(text.toString(), "f");
        assertEquals(value, Json.parse(Json.write(value), "f"));
      } catch (MmibException e) {
        refusals++;
        assertFalse(e.what().isEmpty());
      }
    }
    assertTrue(refusals > 1000, "mutations must break the document");
  }

  private static void assertRefused(String text, String what) {
    var e = assertThrows(MmibException.class, () -> Json.parse(text, "f"));
    assertTrue(e.what().contains(what), e.getMessage());
  }

  private static String refused(Path file) {
    var e = assertThrows(MmibException.class, () -> Json.read(file, ErrorCode.CONFIG));
    assertEquals(file.toString(), e.file());
    return e.what();
  }
}
