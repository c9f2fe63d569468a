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
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of posts with gold: what is read, and what is refused where. */
class PostFilesTest {

  private static final String NER =
      "{\"id\": 7, \"text\": \"Ann saw 😂 Bob-Lee in Rome\", \"entities\": [%s]}\n";
  private static final String RE =
      "{\"text\": \"Ann saw Bob\", \"head\": [0, 3], \"tail\": [8, 11], \"relation\": \"r\"}\n";

  @TempDir Path folder;

  private DataDirectory write(String name, String content) throws IOException {
    Files.write(folder.resolve(name), content.getBytes(StandardCharsets.ISO_8859_1));
    return DataDirectory.open(folder);
  }

  private static String utf8(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private static String entity(String type, int start, int end) {
    return "{\"type\": \"" + type + "\", \"start\": " + start + ", \"end\": " + end + "}";
  }

  private List<NerExample> sentences(String name, String content) throws IOException {
    return write(name, utf8(content)).ner(Split.TRAIN, ReadOptions.strict()).rows();
  }

  private List<RelationExample> pairs(String name, String content) throws IOException {
    return write(name, utf8(content)).relations(Split.TRAIN, ReadOptions.strict()).rows();
  }

  @Test
  void spansAreCodeUnitsOfTheText() throws IOException {
    var gold = entity("PER", 0, 3) + "," + entity("my_type", 11, 18) + "," + entity("LOC", 22, 26);
    var row = sentences("train.jsonl", NER.formatted(gold)).get(0);
    assertEquals(List.of("Ann", "saw", "😂", "Bob", "-", "Lee", "in", "Rome"), row.tokens());
    assertEquals(
        List.of("B-PER", "O", "O", "B-my_type", "I-my_type", "I-my_type", "O", "B-LOC"),
        row.labels());
    assertEquals("7", row.id());
    assertEquals("", row.imageId());
    assertTrue(row.place().endsWith("train.jsonl: line 1"), row.place());
  }

  @Test
  void wordsAreThoseOfPrediction() throws IOException {
    var text = "RT @ann: https://t.co/x?y #NBA it's 5€…";
    var row = sentences("train.jsonl", "{\"text\": \"" + text + "\", \"entities\": []}").get(0);
    assertEquals(Words.of(text).words(), row.tokens());
  }

  @Test
  void adjacentEntitiesOfOneTypeStayTwo() throws IOException {
    var json =
        "{\"tokens\": [\"a\", \"b\", \"c\"], \"entities\": ["
            + entity("X", 1, 3)
            + ","
            + entity("X", 0, 1)
            + "]}";
    assertEquals(List.of("B-X", "B-X", "I-X"), sentences("train.jsonl", json).get(0).labels());
  }

  @Test
  void aDocumentGivesARowForEachRelation() throws IOException {
    var rows =
        pairs(
            "train.jsonl",
            "{\"id\": \"d\", \"text\": \"Ann saw Bob\", \"relations\": [{\"type\": \"r\","
                + " \"head\": [0, 3], \"tail\": [8, 11], \"score\": 0.5}, {\"type\": \"None\","
                + " \"head\": [8, 11], \"tail\": [0, 3]}]}\n\n"
                + RE);
    assertEquals(List.of("d", "d#2", "2"), rows.stream().map(RelationExample::id).toList());
    assertEquals(List.of(0, 1, 2), rows.stream().map(RelationExample::row).toList());
    assertEquals(List.of("r", "None", "r"), rows.stream().map(RelationExample::relation).toList());
    assertEquals(new Span(2, 3), rows.get(1).head());
    assertEquals(new Span(0, 1), rows.get(1).tail());
    assertTrue(rows.get(2).place().endsWith("line 3"), rows.get(2).place());
  }

  @Test
  void csvAndJsonSayTheSame() throws IOException {
    var json =
        sentences(
            "train.jsonl",
            "{\"id\":\"1\",\"text\":\"Rain, \\\"Ann\\\"\\r\\nBob\",\"image\":\"i/1.jpg\","
                + "\"crops\":[\"c/1.jpg\",\"c/2.jpg\"],\"entities\":["
                + entity("PER", 7, 10)
                + ","
                + entity("A:B", 13, 16)
                + "]}");
    Files.delete(folder.resolve("train.jsonl"));
    var csv =
        sentences(
            "train.csv",
            "\uFEFFentities,crops,image,text,id\r\n\r\n"
                + "7:10:PER; 13:16:A:B,c/1.jpg; c/2.jpg,i/1.jpg,\"Rain, \"\"Ann\"\"\r\nBob\",1\r\n");
    assertEquals(json.get(0).tokens(), csv.get(0).tokens());
    assertEquals(json.get(0).labels(), csv.get(0).labels());
    assertEquals(json.get(0).pictures(), csv.get(0).pictures());
    assertEquals("1", csv.get(0).id());
    assertTrue(csv.get(0).place().endsWith("train.csv: line 3"), csv.get(0).place());
  }

  @Test
  void csvHasPairsAndAllRelationsOfAPost() throws IOException {
    var pair = pairs("train.csv", "tokens,head,tail,relation\na b c,0:1,1:3,r\n").get(0);
    assertEquals(new Span(1, 3), pair.tail());
    var rows = pairs("train.csv", "text,relations\na b c,0:1:2:3:/x/y;2:3:0:1:None\nx,\n");
    assertEquals(List.of("/x/y", "None"), rows.stream().map(RelationExample::relation).toList());
  }

  @Test
  void aRowWithoutAPictureHasNoneAndOthersAreFoundBelowTheFile() throws IOException {
    Files.createDirectories(folder.resolve("my/pictures"));
    Files.writeString(folder.resolve("my/pictures/a.png"), "");
    Files.writeString(folder.resolve("b.jpg"), "");
    var row = "{\"text\": \"a\", \"entities\": [], \"image\": \"%s\", \"crops\": [\"%s\"]}\n";
    var data =
        write(
            "train.jsonl",
            row.formatted("my/pictures/a", "b.jpg")
                + row.formatted("gone.jpg", "my/gone.jpg")
                + "{\"text\": \"a\", \"entities\": []}");
    var rows = data.ner(Split.TRAIN, ReadOptions.strict()).rows();
    var first = data.pictures(rows.get(0), Split.TRAIN, 2);
    assertEquals(Optional.of(folder.resolve("my/pictures/a.png")), first.whole());
    assertEquals(List.of(Optional.of(folder.resolve("b.jpg")), Optional.empty()), first.crops());
    for (int i = 1; i < 3; i++) {
      var none = data.pictures(rows.get(i), Split.TRAIN, 1);
      assertEquals(new PictureFiles(Optional.empty(), List.of(Optional.empty())), none);
    }
    var counts = DataCheck.ner(data).splits().get(Split.TRAIN);
    assertEquals(2, counts == null ? -1 : counts.images());
    assertEquals(1, counts == null ? -1 : counts.missingImages());
  }

  @Test
  void aLinkThatLeadsOutIsRefused() throws IOException {
    var outside = Files.createTempFile("secret", ".jpg");
    Files.createSymbolicLink(folder.resolve("link.jpg"), outside);
    var data = write("train.jsonl", "{\"text\": \"a\", \"entities\": [], \"image\": \"link.jpg\"}");
    var row = data.ner(Split.TRAIN, ReadOptions.strict()).rows().get(0);
    var e = assertThrows(MmibException.class, () -> data.pictures(row, Split.TRAIN, 0));
    assertTrue(e.toString().contains("leads out"), e.getMessage());
    Files.delete(outside);
  }

  static Stream<Arguments> refusedEntities() {
    var good = NER.formatted("");
    return Stream.of(
        ner("cuts a word", NER.formatted(entity("PER", 1, 3)), "line 1:62", "[0, 3) 'Ann'"),
        ner("ends in a blank", NER.formatted(entity("PER", 0, 4)), "line 1:62", "[0, 3) 'Ann'"),
        ner("cuts a hyphen off", NER.formatted(entity("P", 0, 13)), "line 1:62", "'Ann saw"),
        ner(
            "holds no word",
            NER.formatted(entity("PER", 3, 4)),
            "line 1:62",
            "nearest word is [4, 7)"),
        ner("beyond the text", good + NER.formatted(entity("P", 22, 27)), "line 2:62", "26."),
        ner("far beyond", NER.formatted(entity("P", 90, 99)), "line 1:62", "holds no word"),
        ner("empty span", NER.formatted(entity("P", 3, 3)), "line 1:62", "not a span"),
        ner("negative", NER.formatted(entity("P", -1, 3)), "line 1:62", "not a span"),
        ner(
            "overlap",
            NER.formatted(entity("A", 0, 7) + "," + entity("B", 4, 7)),
            "line 1:98",
            "'saw' overlaps [0, 7) 'Ann saw'"),
        ner("no type", NER.formatted("{\"start\": 0, \"end\": 3}"), "line 1:62", "'type'"),
        ner("blank type", NER.formatted(entity("A B", 0, 3)), "line 1:71", "the type 'A B'"),
        ner("empty type", NER.formatted(entity("", 0, 3)), "line 1:71", "the type ''"),
        ner("no entities", "{\"text\": \"a\"}", "line 1:1", "'entities'"),
        ner("entities no list", "{\"text\": \"a\", \"entities\": 1}", "line 1:27", "an array"),
        ner(
            "start a string",
            NER.formatted("{\"type\":\"A\",\"start\":\"0\",\"end\":3}"),
            "line 1:82",
            "'start'"),
        ner("text and tokens", "{\"text\": \"a\", \"tokens\": [\"a\"]}", "line 1:1", "one of"),
        ner("neither", "{\"id\": \"1\"}", "line 1:1", "one of"),
        ner("what failed", "{\"id\": \"1\", \"error\": {}}", "line 1:1", "one of"),
        ner("no word", "{\"text\": \" \", \"entities\": []}", "line 1:1", "no word"),
        ner("no tokens", "{\"tokens\": [], \"entities\": []}", "line 1:1", "no word"),
        ner("empty token", "{\"tokens\": [\"\"], \"entities\": []}", "line 1:13", "token is empty"),
        ner("id a list", "{\"id\": [], \"text\": \"a\", \"entities\": []}", "line 1:8", "a number"),
        ner("broken JSON", good + "{\"text\": \n", "line 2", "unexpected end"),
        ner("two objects", "{} {}", "line 1:4", "after the end"),
        ner("duplicate key", "{\"text\": \"a\", \"text\": \"b\"}", "line 1:15", "duplicate"),
        ner("an array", "[]", "line 1:1", "an object"),
        ner(
            "a lone surrogate",
            "{\"text\": \"\\ud800\", \"entities\": []}",
            "line 1:10",
            "half a surrogate"),
        ner("not UTF-8", "{\"text\": \"\u00ff\", \"entities\": []}", "line 1", "not UTF-8"),
        ner("empty file", "", "", "no rows"),
        ner("gzip", "\u001f\u008b\b\0\0\0", "", "gzip"),
        csv("column twice", "text,entities,text\na,,b\n", "line 1", "'text' is empty or given"),
        csv("column without a name", "text,,entities\na,,\n", "line 1", "''"),
        csv("only a header", "text,entities\n", "", "no rows"),
        csv("empty", "\n\n", "", "no rows"),
        csv("too few cells", "text,entities\na\n", "line 2", "1 cells vs 2 columns"),
        csv("too many cells", "text,entities\n\na,b,\n", "line 3", "3 cells vs 2 columns"),
        csv("open quotation", "text,entities\n\"a,\nb\n", "line 2", "not CSV"),
        csv("text after a quotation", "text,entities\n\"a\"b,\n", "line 2", "not CSV"),
        csv("not UTF-8", "text,entities\n\u00ff,\n", "line", "not UTF-8"),
        csv("no entities", "text,image\na,b.jpg\n", "line 2", "'entities'"),
        csv("a word for a number", "text,entities\na,x:1:P\n", "line 2", "entities: 'x' is not"),
        csv("a number of 10 digits", "text,entities\na,0:9999999999:P\n", "line 2", "nine digits"),
        csv("no type", "text,entities\na,0:1\n", "line 2", "not start:end:TYPE"),
        csv("empty type", "text,entities\na,0:1:\n", "line 2", "the type ''"),
        csv("cuts a word", "text,entities\nab cd,0:4:P\n", "line 2", "[0, 5) 'ab cd'"),
        csv("web page", "<html>\n", "", "web page"));
  }

  private static Arguments ner(String id, String content, String place, String what) {
    return Arguments.of("jsonl " + id, "train.jsonl", content.replace("😂", "xx"), place, what);
  }

  private static Arguments csv(String id, String content, String place, String what) {
    return Arguments.of("csv " + id, "train.csv", content, place, what);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusedEntities")
  void refusesEntities(String id, String name, String content, String place, String what)
      throws IOException {
    var data = write(name, content);
    var e = assertThrows(MmibException.class, () -> data.ner(Split.TRAIN, ReadOptions.strict()));
    assertEquals(ErrorCode.POST, e.code(), e.getMessage());
    assertEquals(3, e.code().exitStatus());
    assertTrue(e.toString().contains(what), e.getMessage());
    assertTrue(String.valueOf(e.position()).startsWith(place) || place.isEmpty(), e.getMessage());
    assertTrue(e.toString().contains(name), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../a.jpg",
        "/etc/a.jpg",
        "a/../b.jpg",
        "a//b.jpg",
        "a\\\\b.jpg",
        ".git/a.jpg",
        "",
        "con.jpg",
        "C:/a.jpg",
        "a/",
        "http://x/a.jpg"
      })
  void refusesPathsOfPicturesThatLeadOut(String path) throws IOException {
    for (var key : List.of("\"image\": \"%s\"", "\"crops\": [\"%s\"]")) {
      var row = "{\"text\": \"a\", \"entities\": [], " + key.formatted(path) + "}";
      var data = write("train.jsonl", row);
      var e = assertThrows(MmibException.class, () -> data.ner(Split.TRAIN, ReadOptions.strict()));
      assertTrue(e.toString().contains("the picture's path"), e.getMessage());
      assertTrue(String.valueOf(e.position()).startsWith("line 1:"), e.getMessage());
    }
  }

  static Stream<Arguments> refusedRelations() {
    return Stream.of(
        Arguments.of("no relation", RE.replace("relation", "rel"), "line 1:1", "'relation'"),
        Arguments.of("nothing", "{\"text\": \"a\"}", "line 1:1", "has no relation"),
        Arguments.of(
            "both", RE.replace("}", ", \"relations\": []}"), "line 1:1", "a pair and 'relations'"),
        Arguments.of("no tail", RE.replace("tail", "tale"), "line 1:1", "'tail'"),
        Arguments.of("three ends", RE.replace("[0, 3]", "[0, 3, 4]"), "line 1:33", "not [start"),
        Arguments.of("a fraction", RE.replace("[0, 3]", "[0.5, 3]"), "line 1:34", "whole number"),
        Arguments.of("huge", RE.replace("11]", "99999999999]"), "line 1:53", "whole number"),
        Arguments.of("cuts a word", RE.replace("[0, 3]", "[0, 2]"), "line 1:33", "[0, 3) 'Ann'"),
        Arguments.of("outside", RE.replace("11]", "12]"), "line 1:49", "has 11"),
        Arguments.of("empty", RE.replace("\"r\"", "\"\""), "line 1:70", "the relation ''"),
        Arguments.of("a number", RE.replace("\"r\"", "1"), "line 1:70", "a string"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusedRelations")
  void refusesRelations(String id, String content, String place, String what) throws IOException {
    var data = write("train.jsonl", content);
    var e =
        assertThrows(MmibException.class, () -> data.relations(Split.TRAIN, ReadOptions.strict()));
    assertTrue(e.toString().contains(what), e.getMessage());
    assertEquals(place, e.position(), e.getMessage());
  }

  @Test
  void whatIsNotKnownIsRefusedWithWhatIs() throws IOException {
    var data = write("train.jsonl", NER.formatted(entity("GENE", 0, 3)).replace("😂", "xx"));
    var e =
        assertThrows(
            MmibException.class,
            () -> data.ner(Split.TRAIN, ReadOptions.strict(), TagSet.twitter()));
    assertTrue(e.toString().contains("[MISC, PER, ORG, LOC]"), e.getMessage());
    var known = RelationSet.of(List.of("None", "s"));
    write("train.jsonl", RE);
    e =
        assertThrows(
            MmibException.class, () -> data.relations(Split.TRAIN, ReadOptions.strict(), known));
    assertTrue(e.toString().contains("[None, s]"), e.getMessage());
  }

  @Test
  void aLenientReaderMovesSpansToWordsAndCounts() throws IOException {
    var data =
        write(
            "train.jsonl",
            (NER.formatted(entity("PER", 1, 3)) + NER.formatted("1")).replace("😂", "xx"));
    var read = data.ner(Split.TRAIN, ReadOptions.skipping());
    assertEquals("B-PER", read.rows().get(0).labels().get(0));
    assertEquals(1, read.report().count(Finding.Kind.SNAPPED_SPAN));
    assertEquals(1, read.report().count(Finding.Kind.INVALID_ROW));
    assertEquals(1, read.report().skipped());
  }

  @Test
  void spansThatTrainingRefusesMakeDataUnusable() throws IOException {
    var data = write("train.jsonl", NER.formatted(entity("PER", 1, 3)).replace("😂", "xx"));
    var check = DataCheck.ner(data);
    assertTrue(!check.isUsable() && check.toText().contains("snapped span: 1"), check.toText());
  }

  @Test
  void oddThingsAreCounted() throws IOException {
    var data =
        write(
            "train.jsonl",
            "{\"text\": \"a b\", \"date\": 1, \"entities\": [{\"type\": \"X\", \"start\": 0,"
                + " \"end\": 1, \"text\": \"b\", \"score\": 1}]}\n"
                + RE.replace("[0, 3]", "[8, 11]").replace("}", ", \"entities\": []}"));
    var ner = data.ner(Split.TRAIN, ReadOptions.strict()).report();
    assertEquals(1, ner.count(Finding.Kind.UNKNOWN_KEY));
    assertEquals(1, ner.count(Finding.Kind.NAME_DIFFERS));
    var re = data.relations(Split.TRAIN, ReadOptions.skipping()).report();
    assertEquals(1, re.count(Finding.Kind.EQUAL_SPANS));
  }

  @Test
  void onlySoManyRowsAreReadAsAreAskedFor() throws IOException {
    var data = write("train.jsonl", RE.repeat(3) + "broken");
    var two = ReadOptions.strict().withLimit(2);
    assertEquals(2, data.relations(Split.TRAIN, two).rows().size());
  }

  @Test
  void endlessRowsOfCsvAreRefused() throws IOException {
    var data = write("train.csv", "text,entities\n\"" + "a\n".repeat(9 << 20));
    var e = assertThrows(MmibException.class, () -> data.ner(Split.TRAIN, ReadOptions.strict()));
    assertTrue(e.toString().contains("more than 16777216 characters"), e.getMessage());
    assertEquals("line 2", e.position());
  }

  @Test
  void twoFilesForOneSplitAreRefusedWhateverTheirForms() throws IOException {
    write("train.csv", "text,entities\na,\n");
    var data = write("train.jsonl", RE);
    assertThrows(MmibException.class, () -> data.has(Split.TRAIN));
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev.jsonl", "valid.csv", "val.jsonl", "val.csv"})
  void theDevSplitHasThreeNames(String name) throws IOException {
    assertTrue(write(name, "").has(Split.DEV));
  }

  @Test
  void sentencesOfTextOnlyNeedNoPicture() throws IOException {
    var data = write("train.txt", "a\tB-GENE\nb\tI-GENE\n\nc\tO\n");
    var rows = data.ner(Split.TRAIN, ReadOptions.strict());
    assertEquals(List.of("1", "2"), rows.rows().stream().map(NerExample::id).toList());
    assertEquals(List.of("", ""), rows.rows().stream().map(NerExample::imageId).toList());
    assertTrue(rows.report().counts().isEmpty());
    Files.createDirectories(folder.resolve("images"));
    var pictures = DataDirectory.open(folder).pictures(rows.rows().get(0), Split.TRAIN, 1);
    assertEquals(new PictureFiles(Optional.empty(), List.of(Optional.empty())), pictures);
  }
}
