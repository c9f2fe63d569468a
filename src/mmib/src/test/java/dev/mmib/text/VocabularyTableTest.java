package dev.mmib.text;

import static dev.mmib.text.TokenizerFolder.VOCABULARY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.data.RelationEncoder;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Warnings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows V01 to V06 of the catalogue of bad inputs: a vocab.txt. */
class VocabularyTableTest {

  private static final String UNCASED = VOCABULARY.replace("A\n", "") + "anna\nword\n";

  @TempDir Path dir;

  private static Arguments text(String id, String vocabulary, String place, String words) {
    return bytes(id, vocabulary.getBytes(StandardCharsets.UTF_8), place, words);
  }

  private static Arguments bytes(String id, byte[] vocabulary, String place, String words) {
    return Arguments.of(id, vocabulary, place, words);
  }

  private static Arguments without(String id, String token) {
    return text(id, VOCABULARY.replace(token, "x"), "none", "the token " + token + " is missing");
  }

  private static byte[] lines(int count) {
    var bytes = new byte[2 * count];
    Arrays.fill(bytes, (byte) 'x');
    for (int i = 1; i < bytes.length; i += 2) {
      bytes[i] = '\n';
    }
    return bytes;
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        without("V01a: no [UNK]", "[UNK]"),
        without("V01b: no [CLS]", "[CLS]"),
        without("V01c: no [SEP]", "[SEP]"),
        without("V01d: no [PAD]", "[PAD]"),
        text("V01f: [cls] is another token", VOCABULARY.toLowerCase(Locale.ROOT), "none", "[UNK]"),
        bytes(
            "V04a: Latin-1",
            (VOCABULARY + "é\n").getBytes(StandardCharsets.ISO_8859_1),
            "byte 41",
            "is not UTF-8"),
        bytes(
            "V04b: UTF-16",
            VOCABULARY.getBytes(StandardCharsets.UTF_16),
            "byte 0",
            "is UTF-16, not UTF-8"),
        bytes(
            "V04d: more than 10 M lines", lines(10_000_001), "line 10000001", "more than 10000000"),
        text(
            "V04e: a token of 1 MB",
            VOCABULARY + "x".repeat(1 << 20),
            "line 10",
            "a token of 1048576 characters"),
        text("V04f: an empty file", "", "none", "the file is empty"),
        text("V04g: a mark and nothing else", "\uFEFF", "none", "the file is empty"),
        text("V04h: only line breaks", "\n\n\n", "none", "[UNK] is missing"),
        bytes("V04i: a cut character", new byte[] {'a', '\n', (byte) 0xE2}, "byte 2", "not UTF-8"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refuses(String id, byte[] vocabulary, String place, String words) throws IOException {
    var file = Files.write(dir.resolve("vocab.txt"), vocabulary);
    for (var path : List.of(file, dir)) {
      var e = assertThrows(MmibException.class, () -> BertTokenizer.load(path));
      assertEquals(ErrorCode.VOCABULARY, e.code(), e.toString());
      assertEquals(file.toString(), e.file());
      assertEquals(place, e.position() == null ? "none" : e.position(), e.toString());
      assertTrue(e.what().contains(words), e::toString);
    }
  }

  /** A vocabulary that is taken, what is warned of ("" for nothing), and a value to find. */
  record Taken(
      String id,
      String vocabulary,
      boolean isCased,
      String warning,
      Function<BertTokenizer, Object> value,
      Object wanted) {
    @Override
    public String toString() {
      return id;
    }
  }

  private static Taken taken(
      String id, String vocabulary, Function<BertTokenizer, Object> value, Object wanted) {
    return new Taken(id, vocabulary, false, "", value, wanted);
  }

  private static Taken line(String id, String lines, int number, String token) {
    return taken(id, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n" + lines, t -> t.tokenOf(number), token);
  }

  static Stream<Taken> taken() {
    return Stream.of(
        taken(
            "V01e: no [MASK]",
            VOCABULARY.replace("[MASK]", "x"),
            t -> t.tokenize("[MASK]").equals(List.of("[MASK]")) && t.idOf("[MASK]") == 1,
            true),
        new Taken("V02a: a token twice", VOCABULARY + "a\n", false, "line 10", t -> t.idOf("a"), 9),
        new Taken(
            "V02b: many twice",
            VOCABULARY + "a\nb\na\n",
            false,
            "3 repeated tokens in all",
            t -> List.of(t.idOf("a"), t.idOf("b"), t.size()),
            List.of(11, 10, 12)),
        new Taken(
            "V02c: [UNK] twice", VOCABULARY + "[UNK]\n", false, "line 10", t -> t.unknownId(), 9),
        line("V03a: an empty line is a token", "\nx\n", 4, ""),
        line("V03b: and those behind it keep theirs", "\nx\n", 5, "x"),
        line("V03c: spaces are kept", " x  \n", 4, " x  "),
        line("V03d: a tab", "x\ty\n", 4, "x\ty"),
        line("V03e: NBSP", "\u00a0\n", 4, "\u00a0"),
        taken(
            "V03f: CRLF",
            VOCABULARY.replace("\n", "\r\n"),
            t -> List.of(t.size(), t.idOf("[PAD]"), t.idOf("A"), t.tokenize("ab")),
            List.of(9, 0, 8, List.of("a", "##b"))),
        line("V03g: one CR is left out, not two", "x\r\r\n", 4, "x\r"),
        line("V03h: a CR alone breaks no line", "x\ry\n", 4, "x\ry"),
        line("V03i: no line break at the end", "x\nlast", 5, "last"),
        taken("V03j: none means no token more", VOCABULARY.strip(), BertTokenizer::size, 9),
        line("V03k: a form feed", "x\fy\n", 4, "x\fy"),
        line("V03l: U+2028", "x\u2028y\n", 4, "x\u2028y"),
        line("V03m: U+0085", "x\u0085y\n", 4, "x\u0085y"),
        new Taken(
            "V04c: a byte order mark",
            "\uFEFF" + VOCABULARY,
            false,
            "byte order mark",
            t -> t.idOf("[PAD]"),
            0),
        new Taken(
            "V05a: cased, texts lower-cased",
            VOCABULARY + "Anna\nBerlin\nCity\nThe\n",
            false,
            "because texts are lower-cased",
            t -> t.tokenize("Anna"),
            List.of("[UNK]")),
        new Taken(
            "V05b: uncased, texts not lower-cased",
            UNCASED,
            true,
            "texts are not lower-cased",
            t -> t.tokenize("Anna anna"),
            List.of("[UNK]", "anna")),
        taken(
            "V05c: uncased, texts lower-cased", UNCASED, t -> t.tokenize("Anna"), List.of("anna")),
        taken(
            "V06a: markers are there",
            VOCABULARY + "<s>\n</s>\n<o>\n</o>\n",
            t -> marked(t).size() == t.size() && marked(t).idOf("<o>") == 11,
            true),
        taken(
            "V06b: markers are not there",
            VOCABULARY,
            t -> List.of(marked(t).size(), marked(t).idOf("<s>"), marked(t).tokens().get(12)),
            List.of(13, 9, "</o>")),
        taken(
            "V06c: one is there",
            VOCABULARY + "<o>\n",
            t -> List.of(marked(t).size(), marked(t).idOf("<o>"), marked(t).idOf("</s>")),
            List.of(13, 9, 11)),
        taken(
            "V06d: they are found in a text, in either case",
            VOCABULARY,
            t -> marked(t).tokenize("a<O>b"),
            List.of("a", "<o>", "b")));
  }

  private static BertTokenizer marked(BertTokenizer tokenizer) {
    return tokenizer.withAddedTokens(RelationEncoder.MARKERS);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("taken")
  void takes(Taken row) throws IOException {
    Files.writeString(dir.resolve("vocab.txt"), row.vocabulary);
    if (row.isCased) {
      Files.writeString(dir.resolve("tokenizer_config.json"), "{\"do_lower_case\": false}");
    }
    try (var warnings = new Warnings("dev.mmib")) {
      var tokenizer = BertTokenizer.load(dir);
      assertEquals(row.wanted, row.value.apply(tokenizer));
      var all = warnings.take();
      assertEquals(tokenizer.warnings().size(), all.size());
      // The small vocabulary has one word of each case.
      var told =
          all.stream()
              .filter(
                  w -> row.warning.contains("lower-cased") || !w.contains("1 tokens have upper"))
              .toList();
      assertEquals(row.warning.isEmpty(), told.isEmpty(), told.toString());
      assertTrue(told.toString().contains(row.warning), told::toString);
    }
  }
}
