package dev.mmib.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TwitterNerTest {

  private static final String GOOD = "IMGID:1\na\tO\nb\tB-PER\n\n";

  @TempDir Path folder;

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("train.txt"), content);
  }

  private Path file(String content) throws IOException {
    return file(content.getBytes(StandardCharsets.UTF_8));
  }

  private static Arguments row(String id, String content, Object expected) {
    return Arguments.of(id, content, expected);
  }

  static Stream<Arguments> wellFormed() {
    return Stream.of(
        row("D02a no blank line at the end", "IMGID:1\na\tO\nb\tB-PER\n", "a/O b/B-PER"),
        row("D02b no line feed at the end", "IMGID:1\na\tO\nb\tB-PER", "a/O b/B-PER"),
        row("D04a CRLF", "IMGID:1\r\na\tO\r\nb\tB-PER\r\n\r\n", "a/O b/B-PER"),
        row("D04b lone CR", "IMGID:1\ra\tO\rb\tB-PER\r\r", "a/O b/B-PER"),
        row("D04c byte order mark", "\uFEFF" + GOOD, "a/O b/B-PER"),
        row("D04d double blank lines", GOOD + "\n\n\n", "a/O b/B-PER"),
        row(
            "D04e spaces on a blank line",
            "\n  \n" + "IMGID:1\na\tO\nb\tB-PER\n   \n",
            "a/O b/B-PER"),
        row("D05a token with blanks around", "IMGID:1\n a \tO\n", " a /O"),
        row("D05b NBSP as a token", "IMGID:1\n\u00a0\tO\n", "\u00a0/O"),
        row("D07a I- after O", "IMGID:1\na\tO\nb\tI-LOC\n", "a/O b/I-LOC"),
        row("D07b I-LOC after B-PER", "IMGID:1\na\tB-PER\nb\tI-LOC\n", "a/B-PER b/I-LOC"),
        row(
            "D08 OTHER and MISC in one file",
            "IMGID:1\na\tB-OTHER\nb\tI-OTHER\nc\tB-MISC\n",
            "a/B-MISC b/I-MISC c/B-MISC"),
        row("D09a # is a token", "IMGID:1\n#\tO\n# x\tO\n", "#/O # x/O"),
        row(
            "D13a U+2028 and U+0085 in a token",
            "IMGID:1\na\u2028b\u0085c\tO\n",
            "a\u2028b\u0085c/O"),
        row(
            "other types",
            "IMGID:1\na\tB-Gene/Protein\nb\tI-Gene/Protein\n",
            "a/B-Gene/Protein b/I-Gene/Protein"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wellFormed")
  void reads(String id, String content, String expected) throws IOException {
    NerExample sentence = TwitterNer.read(file(content), ReadOptions.strict()).rows().get(0);
    var found = new StringBuilder();
    for (int i = 0; i < sentence.tokens().size(); i++) {
      found.append(i == 0 ? "" : " ").append(sentence.tokens().get(i));
      found.append('/').append(sentence.labels().get(i));
    }
    assertEquals(expected, found.toString());
    assertEquals("1", sentence.imageId());
  }

  static Stream<Arguments> refused() {
    String sentence = "\na\tO\n";
    return Stream.of(
        row("D01a empty file", "", "no rows"),
        row("D01b only blank lines", "\n\n \n", "no rows"),
        row("D03a only IMGID lines", "IMGID:1\nIMGID:2\n", "line 2"),
        row("D03b IMGID without sentence", "IMGID:1\n\n" + GOOD, "line 1: an IMGID without a"),
        row("D03c two IMGIDs in a row", "IMGID:1\n" + GOOD, "line 2: a second IMGID"),
        row("D03d sentence without IMGID", GOOD + "c\tO\n", "line 5: a sentence without"),
        row("D03e no blank line between", "IMGID:1\na\tO\nIMGID:2\nb\tO\n", "line 3: no blank"),
        row("D05c space instead of tab", "IMGID:1\na O\n", "line 2: 1 columns"),
        row("D05d one column", "IMGID:1\na\n", "line 2: 1 columns"),
        row("D05e three columns", "IMGID:1\na\tNN\tO\n", "line 2: 3 columns"),
        row("D05f empty token", "IMGID:1\n\tO\n", "line 2: the token is empty"),
        row("D05g trailing tab", "IMGID:1\na\tO\t\n", "line 2: 3 columns"),
        row("D06a label B-FOO", "IMGID:1\na\tB-FOO\n", "[MISC, PER, ORG, LOC]"),
        row("D06b label b-per", "IMGID:1\na\tb-per\n", "line 2: the label 'b-per'"),
        row("D06c label B", "IMGID:1\na\tB\n", "line 2: the label 'B'"),
        row("D06d label B-", "IMGID:1\na\tB-\n", "line 2: the label 'B-'"),
        row("D06e label -PER", "IMGID:1\na\t-PER\n", "line 2: the label '-PER'"),
        row("D06f label X", "IMGID:1\na\tX\n", "line 2: the label 'X'"),
        row("D06g label PAD", "IMGID:1\na\tPAD\n", "line 2: the label 'PAD'"),
        row("D06h label [CLS]", "IMGID:1\na\t[CLS]\n", "line 2: the label '[CLS]'"),
        row("D06i empty label", "IMGID:1\na\t\n", "line 2: the label ''"),
        row("D09b DOCSTART", "-DOCSTART-\tO\n\n" + GOOD, "line 1: a -DOCSTART-"),
        row("D12a IMGID up", "IMGID:../../etc/passwd" + sentence, "line 1: the picture's name"),
        row("D12b IMGID absolute", "IMGID:/etc/passwd" + sentence, "line 1: the picture's name"),
        row("D12c IMGID with NUL", "IMGID:a\0" + sentence, "'a\\u0000'"),
        row("D12d IMGID of 5 kB", "IMGID:" + "a".repeat(5000) + sentence, "more than 200"),
        row("D12e IMGID CON", "IMGID:CON" + sentence, "'CON'"),
        row("D12f IMGID with slash", "IMGID:a/b" + sentence, "'a/b'"),
        row("D12g IMGID empty", "IMGID:" + sentence, "name is empty"),
        row("D12h IMGID with .jpg", "IMGID:a.jpg" + sentence, "has an extension"),
        row("D17a gzip", "\u001f\u008b\b\0\0\0", "gzip"),
        row("D17b spreadsheet", "PK\u0003\u0004\n\0\0", "zip archive"),
        row("D17c HTML", "\n <!DOCTYPE html>\n<html>", "web page"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refuses(String id, String content, String expected) throws IOException {
    byte[] bytes =
        id.startsWith("D17")
            ? content.getBytes(StandardCharsets.ISO_8859_1)
            : content.getBytes(StandardCharsets.UTF_8);
    Path file = file(bytes);
    var error =
        assertThrows(
            MmibException.class,
            () -> TwitterNer.read(file, ReadOptions.strict(), TagSet.twitter()));
    assertEquals(ErrorCode.CONLL, error.code());
    assertTrue(error.toString().contains(expected), error.toString());
    assertTrue(error.toString().contains("train.txt"), error.toString());
  }

  @Test
  void skipsAndCountsBadSentencesWhenLenient() throws IOException {
    String bad = "IMGID:2\nx\tO\nx O\ny\tZ\n\n";
    Rows<NerExample> read =
        TwitterNer.read(file(GOOD + bad + GOOD + "c\tO\n\n" + bad), ReadOptions.skipping());
    assertEquals(2, read.rows().size());
    assertEquals(2, read.report().rows());
    assertEquals(3, read.report().skipped());
    assertTrue(read.report().findings().get(0).place().endsWith("train.txt: line 7"));
  }

  @Test
  void refusesALenientFileInWhichNothingIsGood() throws IOException {
    Path file = file("IMGID:1\na O\n");
    assertThrows(MmibException.class, () -> TwitterNer.read(file, ReadOptions.skipping()));
  }

  @Test
  void listsTwentyPlacesAndTheTotal() throws IOException {
    Path file = file("IMGID:1\na O\n\n".repeat(33));
    var error =
        assertThrows(MmibException.class, () -> TwitterNer.read(file, ReadOptions.strict()));
    assertTrue(error.toString().contains("33 rows cannot be used; the first 20"));
    assertTrue(error.toString().contains("line 59"));
    assertEquals(20, error.toString().split("1 columns", -1).length - 1);
  }

  @Test
  void countsOrphansAndRepeatedPicturesWithTheirPlaces() throws IOException {
    Rows<NerExample> read =
        TwitterNer.read(
            file("IMGID:1\na\tO\nb\tI-LOC\n\n" + "IMGID:1\na\tB-PER\nb\tI-LOC\nc\tI-LOC\n"),
            ReadOptions.strict());
    assertEquals(2, read.report().count(Finding.Kind.ORPHAN_INSIDE_TAG));
    assertEquals(1, read.report().count(Finding.Kind.REPEATED_IMAGE));
    assertEquals(List.of("1", "1#2"), read.rows().stream().map(NerExample::id).toList());
    assertTrue(read.report().findings().get(0).place().endsWith("line 3"));
  }

  @Test
  void refusesInvalidUtf8WithItsLine() throws IOException {
    byte[] bytes = (GOOD + "IMGID:2\nx\tO\n").getBytes(StandardCharsets.UTF_8);
    bytes[GOOD.length() + "IMGID:2\n".length()] = (byte) 0xE9;
    Path file = file(bytes);
    var error =
        assertThrows(MmibException.class, () -> TwitterNer.read(file, ReadOptions.strict()));
    assertTrue(error.toString().contains("line 6: the line is not UTF-8"), error.toString());
    assertEquals(1, TwitterNer.read(file, ReadOptions.skipping()).rows().size());
  }

  @Test
  void refusesAFileThatShrinksWhileBeingRead() throws IOException {
    Path file = file(("IMGID:1\n" + "a\tO\n".repeat(10) + "\n").repeat(20_000));
    var error =
        assertThrows(
            MmibException.class,
            () -> TwitterNer.forEach(file, ReadOptions.strict(), null, sentence -> truncate(file)));
    assertTrue(error.toString().contains("changed"), error.toString());
  }

  private static void truncate(Path file) {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(100_000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void readsALongSentenceALongTokenAndManySentences() throws IOException {
    Path file = folder.resolve("big.txt");
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      out.write("IMGID:1\n" + "a".repeat(1 << 20) + "\tO\n");
      for (int i = 0; i < 1_000_000; i++) {
        out.write("w\tO\n");
      }
      for (int i = 0; i < 100_000; i++) {
        out.write("\nIMGID:x" + i + "\nw\tB-PER\n");
      }
    }
    int[] tokens = new int[1];
    ReadReport report =
        TwitterNer.forEach(
            file, ReadOptions.strict(), null, sentence -> tokens[0] += sentence.tokens().size());
    assertEquals(100_001, report.rows());
    assertEquals(1_100_001, tokens[0]);
  }

  @Test
  void refusesALineWithoutEnd() throws IOException {
    Path file = folder.resolve("line.txt");
    try (var channel = new RandomAccessFile(file.toFile(), "rw")) {
      channel.setLength(64L << 20);
    }
    var error =
        assertThrows(MmibException.class, () -> TwitterNer.read(file, ReadOptions.strict()));
    assertTrue(error.toString().contains("a line of more than"), error.toString());
  }

  @Test
  void readsOnlyAsManyRowsAsWanted() throws IOException {
    Path file = file(GOOD + GOOD + "broken");
    assertEquals(2, TwitterNer.read(file, ReadOptions.strict().withLimit(2)).rows().size());
  }

  @Test
  void refusesWhatIsNotAFile() {
    assertThrows(
        MmibException.class, () -> TwitterNer.read(folder.resolve("none"), ReadOptions.strict()));
    assertThrows(MmibException.class, () -> TwitterNer.read(folder, ReadOptions.strict()));
  }

  @Test
  void survivesAnyCutAndAnyChangedByte() throws IOException {
    byte[] good = ("\uFEFF" + GOOD + "IMGID:2\r\né\tI-LOC\r\n").getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < good.length; i++) {
      readOrRefuse(Arrays.copyOf(good, i));
      for (int bit = 0; bit < 8; bit++) {
        byte[] changed = good.clone();
        changed[i] ^= (byte) (1 << bit);
        readOrRefuse(changed);
      }
    }
  }

  private void readOrRefuse(byte[] content) throws IOException {
    Path file = file(content);
    try {
      assertTrue(TwitterNer.read(file, ReadOptions.strict()).rows().size() <= 3);
    } catch (MmibException e) {
      assertEquals(ErrorCode.CONLL, e.code());
    }
  }
}
