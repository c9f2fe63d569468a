package dev.mmib.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MnreRelationsTest {

  private static final RelationSet RELATIONS = RelationSet.of(List.of("None", "/per/per/peer"));
  private static final String REST =
      ", 'h': {'name': 'a', 'pos': [0, 1]}, 't': {'name': 'b', 'pos': [1, 2]},"
          + " 'img_id': 'x.jpg', 'relation': 'None'}";

  @TempDir Path folder;

  private Path file(String content) throws IOException {
    return Files.write(folder.resolve("train.txt"), content.getBytes(StandardCharsets.UTF_8));
  }

  /** A row whose tokens are written as given. */
  private static String tokens(String literal) {
    return "{'token': " + literal + REST;
  }

  /** A row of the tokens a b c with other spans. */
  private static String spans(String head, String tail) {
    return tokens("['a', 'b', 'c']").replace("[0, 1]", head).replace("[1, 2]", tail);
  }

  private static String image(String name) {
    return tokens("['a', 'b']").replace("x.jpg", name);
  }

  private static Arguments row(String id, String content, String expected) {
    return Arguments.of(id, content, expected);
  }

  static Stream<Arguments> wellFormed() {
    return Stream.of(
        row("M01a single quotes", tokens("['a', 'b']"), "a b"),
        row("M01b double quotes", tokens("[\"a\", \"it's\"]"), "a it's"),
        row(
            "M01c escapes",
            tokens("['\\\\ \\' \\\" \\x41', '\\u00e9\\U0001F600\\101']"),
            "\\ ' \" A é😀A"),
        row("M01d newline and tab", tokens("['a\\nb\\tc', 'd']"), "a\nb\tc d"),
        row("M01e unknown escape", tokens("['a\\q', 'd']"), "a\\q d"),
        row("M01f adjacent strings", tokens("['a' \"b\" 'c', 'd']"), "abc d"),
        row("M01g u prefix", tokens("[u'a', U'b']"), "a b"),
        row("M01h r prefix", tokens("[r'a\\n', 'b']"), "a\\n b"),
        row("M02a JSON lines", json("\"a\", \"b\""), "a b"),
        row("M02b JSON escapes", json("\"a\\/b\", \"\\ud83d\\ude00\""), "a/b 😀"),
        row(
            "M02c JSON with null",
            json("\"a\", \"b\"").replace("{\"token\"", "{\"id\": null, \"ok\": true, \"token\""),
            "a b"),
        row("M03a tuple", tokens("('a', 'b')"), "a b"),
        row("M03b trailing comma", tokens("['a', 'b',]"), "a b"),
        row("M03c comment at the end", tokens("['a', 'b']") + "  # ok", "a b"),
        row("M05a extra key", tokens("['a', 'b'], 'x': {'y': [None, True, -1.5e3]}"), "a b"),
        row("M10a upper-case extension", image("X.JPG"), "a b"),
        row("M10b no extension", image("x"), "a b"),
        row("M11a blank lines around", "\n \n" + tokens("['a', 'b']") + "\n\n", "a b"),
        row(
            "M11b line of 5 MB",
            tokens("['" + "a".repeat(5 << 20) + "', 'b']"),
            "a".repeat(5 << 20) + " b"));
  }

  private static String json(String tokens) {
    return "{\"token\": [" + tokens + "]" + REST.replace('\'', '"');
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wellFormed")
  void reads(String id, String content, String expected) throws IOException {
    List<RelationExample> rows =
        MnreRelations.read(file(content), ReadOptions.strict(), RELATIONS).rows();
    assertEquals(1, rows.size());
    assertEquals(expected, String.join(" ", rows.get(0).tokens()));
    assertEquals(new Span(0, 1), rows.get(0).head());
    assertEquals(new Span(1, 2), rows.get(0).tail());
    assertEquals(0, rows.get(0).row());
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        row("M01i named character", tokens("['\\N{BULLET}', 'b']"), "by name"),
        row("M01j bytes", tokens("[b'a', 'b']"), "1:12"),
        row("M01k f-string", tokens("[f'a', 'b']"), "1:12"),
        row("M01l triple quotes", tokens("['''a''', 'b']"), "triple quotes"),
        row("M01m string without end", "{'token': ['a", "no end"),
        row("M01n escape cut off", tokens("['\\x4', 'b']"), "2 hexadecimal"),
        row("M01o code point too large", tokens("['\\U00110000', 'b']"), "no such character"),
        row("M03d set", tokens("{'a', 'b'}"), "expected ':'"),
        row("M03e number as token", tokens("['a', 1]"), "a string for token, got 1"),
        row("M03f None as token", tokens("['a', None]"), "got None"),
        row("M03g JSON name in a Python dict", tokens("['a', null]"), "1:17"),
        row("M03h leading zero", tokens("['a', 'b']").replace("[0, 1]", "[00, 1]"), "a number"),
        row("M03i complex number", tokens("['a', 1j]"), "a number"),
        row("M03j infinity", tokens("['a', inf]"), "expected a value"),
        row("M04a call", "__import__('os').system('x')", "1:1: expected a value"),
        row("M04b multiplication", tokens("['a']*10**9"), "1:16: expected ',' or '}'"),
        row("M04c lambda", tokens("[lambda: 1]"), "1:12"),
        row("M04d name", tokens("[a, b]"), "1:12"),
        row("M04e attribute", tokens("['a'.b, 'b']"), "1:15"),
        row("M04f two values", tokens("['a', 'b']") + " 1", "more text"),
        row("M05b missing token", tokens("['a', 'b']").replace("token", "tok"), "list for token"),
        row("M05c missing relation", tokens("['a','b']").replace("relation", "r"), "for relation"),
        row("M05d missing h", tokens("['a', 'b']").replace("'h'", "'H'"), "dict for h"),
        row("M05e missing name", tokens("['a','b']").replace("'name': 'b'", "'n': 1"), "name of t"),
        row("M05f duplicate key", tokens("[], 'token': ['a', 'b']"), "'token' occurs twice"),
        row("M05g token a string", tokens("'ab'"), "expected a list for token"),
        row(
            "M05h h a list",
            tokens("['a', 'b']").replace("{'name': 'a', 'pos': [0, 1]}", "[]"),
            "a dict for h"),
        row("M05i empty token list", tokens("[]"), "token is empty"),
        row("M05j not a dict", "['a', 'b']", "expected a dict for the row"),
        row("M05k key not a string", "{1: 2}", "a key in quotes"),
        row("M06a outside the tokens", spans("[0, 1]", "[2, 4]"), "[2, 4) is not a run of the 3"),
        row("M06b start at end", spans("[1, 1]", "[1, 2]"), "[1, 1) is not a run"),
        row("M06c negative", spans("[-1, 1]", "[1, 2]"), "[-1, 1) is not a run"),
        row("M06d one element", spans("[0]", "[1, 2]"), "not two whole numbers"),
        row("M06e floats", spans("[0.0, 1.0]", "[1, 2]"), "not two whole numbers"),
        row("M06f strings", spans("['0', '1']", "[1, 2]"), "not two whole numbers"),
        row("M06g true", spans("[False, True]", "[1, 2]"), "not two whole numbers"),
        row("M06h beyond 2^31", spans("[0, 4294967297]", "[1, 2]"), "is not a run"),
        row("M09a unknown relation", tokens("['a','b']").replace("'None'", "'x'"), "rel2id"),
        row("M10c img_id missing", tokens("['a', 'b']").replace("img_id", "img"), "for img_id"),
        row("M10d a path", image("../x.jpg"), "not a plain file name"),
        row("M10e absolute", image("/etc/x.jpg"), "not a plain file name"),
        row("M10f NUL", image("a\\x00.jpg"), "not a plain file name"),
        row("M10g 5 kB", image("a".repeat(5000)), "more than 200"),
        row("M10h device", image("con.jpg"), "not a plain file name"),
        row("M10i empty", image(""), "name is empty"),
        row("M11c 10,000 brackets", "[".repeat(10_000), "nested deeper"),
        row("M11d empty file", "", "no rows"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refuses(String id, String content, String expected) throws IOException {
    Path file = file(content);
    var error =
        assertThrows(
            MmibException.class, () -> MnreRelations.read(file, ReadOptions.strict(), RELATIONS));
    assertEquals(ErrorCode.MNRE, error.code());
    assertTrue(error.toString().contains(expected), error.toString());
    assertTrue(error.toString().contains("train.txt"), error.toString());
  }

  static Stream<Arguments> counted() {
    return Stream.of(
        row("M07a equal spans", spans("[0, 2]", "[0, 2]"), "EQUAL_SPANS"),
        row("M07b overlap", spans("[0, 2]", "[1, 3]"), "OVERLAPPING_SPANS"),
        row("M07c nested", spans("[0, 3]", "[1, 2]"), "OVERLAPPING_SPANS"),
        row("M08 name differs", tokens("['A', 'b']"), "NAME_DIFFERS"),
        row("M12 marker among the tokens", tokens("['a', 'b', 'x<S>']"), "MARKER_IN_TEXT"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("counted")
  void readsAndCounts(String id, String content, Finding.Kind kind) throws IOException {
    Rows<RelationExample> read = MnreRelations.read(file(content), ReadOptions.strict());
    assertEquals(1, read.rows().size());
    assertTrue(read.report().count(kind) > 0, read.report().toString());
    assertTrue(
        read.report().findings().stream()
            .anyMatch(f -> f.kind() == kind && f.place().endsWith("train.txt: line 1")));
  }

  @Test
  void skipsBadRowsWhenLenientAndKeepsTheNumbersOfTheOthers() throws IOException {
    String good = tokens("['a', 'b']") + "\n";
    Rows<RelationExample> read =
        MnreRelations.read(file(good + "\n" + "lambda\n" + good), ReadOptions.skipping());
    assertEquals(List.of(0, 2), read.rows().stream().map(RelationExample::row).toList());
    assertEquals(1, read.report().skipped());
    assertTrue(read.rows().get(1).place().endsWith("line 4"));
  }

  @Test
  void survivesAnyCutAndAnyChangedCharacter() throws IOException {
    String good = tokens("['a\\x41', \"b\", (u'c')]");
    String others = "'\"[]{}(),:\\ -0x.#\0é";
    for (int i = 0; i < good.length(); i++) {
      readOrRefuse(good.substring(0, i));
      for (int k = 0; k < others.length(); k++) {
        readOrRefuse(good.substring(0, i) + others.charAt(k) + good.substring(i + 1));
      }
    }
  }

  private void readOrRefuse(String line) {
    try {
      Object value = PythonLiteral.parse(line, "rows", 1);
      assertTrue(value.toString().length() <= 10 * line.length());
    } catch (MmibException e) {
      assertEquals(ErrorCode.MNRE, e.code());
      assertTrue(String.valueOf(e.position()).startsWith("line 1:"));
    }
  }

  static Stream<Arguments> relationTables() {
    return Stream.of(
        row("M09b gap", "{\"None\": 0, \"a\": 2}", "'a'"),
        row("M09c duplicate index", "{\"None\": 0, \"a\": 0}", "is taken"),
        row("M09d duplicate key", "{\"None\": 0, \"None\": 1}", "None"),
        row("M09e no None", "{\"a\": 0}", "None is missing"),
        row("M09f negative", "{\"None\": -1}", "-1"),
        row("M09g not a number", "{\"None\": \"0\"}", "string '0'"),
        row("M09h empty", "{}", "None is missing"),
        row("M09i a list", "[\"None\"]", "expected an object"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("relationTables")
  void refusesTablesOfRelations(String id, String content, String expected) throws IOException {
    Path file = Files.writeString(folder.resolve("rel2id.json"), content);
    var error = assertThrows(MmibException.class, () -> RelationSet.read(file));
    assertEquals(ErrorCode.LABELS, error.code());
    assertTrue(error.toString().contains(expected), error.toString());
  }

  @Test
  void readsATableOfRelationsInAnyOrder() throws IOException {
    Path file =
        Files.writeString(folder.resolve("rel2id.json"), "{\"b\": 2, \"None\": 1, \"a\": 0}");
    RelationSet relations = RelationSet.read(file);
    assertEquals(Arrays.asList("a", "None", "b"), relations.relations());
    assertEquals(1, relations.none());
    assertEquals("{\"a\":0,\"None\":1,\"b\":2}", relations.toJson().toString());
  }
}
