package dev.mmib.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.text.BertTokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The benchmarks' files, read whole and counted. */
class RealDataTest {

  @ParameterizedTest
  @CsvSource({
    "twitter2015, TRAIN, 4000, 6166, 6352",
    "twitter2015, DEV, 1000, 1541, 1594",
    "twitter2015, TEST, 3257, 5072, 5207",
    "twitter2017, TRAIN, 3373, 6049, 6049",
    "twitter2017, DEV, 723, 1324, 1324",
    "twitter2017, TEST, 723, 1351, 1351",
  })
  void readsEverySentenceOfTwitter(
      String set, Split split, int sentences, int begins, int entities) {
    DataDirectory data = DataDirectory.open(TestData.file(set));
    Rows<NerExample> rows = data.ner(split, ReadOptions.strict(), TagSet.twitter());
    assertEquals(sentences, rows.rows().size());
    assertEquals(begins, count(rows.rows(), "B-"));
    int orphans = rows.report().count(Finding.Kind.ORPHAN_INSIDE_TAG);
    assertEquals(entities, begins + orphans, "every orphan opens an entity");
  }

  @ParameterizedTest
  @CsvSource({
    "TRAIN, 12247, 4503, 104, 59",
    "DEV, 1624, 624, 16, 3",
    "TEST, 1614, 640, 14, 5",
  })
  void readsEveryRowOfMnre(Split split, int rows, int related, int atTheEnd, int overlapping) {
    DataDirectory data = DataDirectory.open(TestData.file("mnre"));
    RelationSet relations = data.relationSet();
    assertEquals(23, relations.size());
    assertEquals(0, relations.none());
    Rows<RelationExample> read = data.relations(split, ReadOptions.strict(), relations);
    List<RelationExample> examples = read.rows();
    assertEquals(rows, examples.size());
    assertEquals(
        related, examples.stream().filter(e -> !e.relation().equals(RelationSet.NONE)).count());
    assertEquals(atTheEnd, examples.stream().filter(RealDataTest::endsTheSentence).count());
    assertEquals(overlapping, examples.stream().filter(e -> e.head().overlaps(e.tail())).count());
    assertEquals(0, read.report().count(Finding.Kind.NAME_DIFFERS));
  }

  private static boolean endsTheSentence(RelationExample row) {
    int end = row.tokens().size();
    return row.head().end() == end || row.tail().end() == end;
  }

  @Test
  void theCorrectedTestSplitDiffersInItsLabelsOnly() {
    Path original = TestData.file("twitter2015/test.txt");
    Path corrected = TestData.file("twitter2015-corrected/test.txt");
    List<NerExample> a = TwitterNer.read(original, ReadOptions.strict()).rows();
    List<NerExample> b = TwitterNer.read(corrected, ReadOptions.strict()).rows();
    assertEquals(a.size(), b.size());
    int differing = 0;
    for (int i = 0; i < a.size(); i++) {
      assertEquals(a.get(i).tokens(), b.get(i).tokens(), a.get(i).place());
      differing += a.get(i).labels().equals(b.get(i).labels()) ? 0 : 1;
    }
    assertEquals(239, differing);
  }

  @ParameterizedTest
  @CsvSource({
    "twitter2015, TRAIN, 0",
    "twitter2015, DEV, 1",
    "twitter2015, TEST, 0",
    "twitter2017, TRAIN, 116", // 112 invisible ones and 4 times U+FFFD
    "twitter2017, DEV, 16",
    "twitter2017, TEST, 26",
  })
  void keepsWordsWithoutPiecesAndCountsThoseThatTheReleasedCodeLoses(
      String set, Split split, int invisible) {
    BertTokenizer tokenizer = BertTokenizer.load(TestData.file("bert-base-uncased/vocab.txt"));
    var corrected = new NerEncoder(tokenizer, TagSet.twitter(), Fidelity.CORRECTED, 128);
    var reference = new NerEncoder(tokenizer, TagSet.twitter(), Fidelity.REFERENCE, 128);
    int dropped = 0;
    for (NerExample example :
        DataDirectory.open(TestData.file(set)).ner(split, ReadOptions.strict()).rows()) {
      EncodedNer whole = corrected.encode(example);
      assertEquals(0, whole.droppedWords());
      long words = Arrays.stream(whole.wordOfPiece()).filter(w -> w >= 0).count();
      assertEquals(example.tokens().size(), words + whole.cutWords());
      dropped += reference.encode(example).droppedWords();
    }
    assertEquals(invisible, dropped);
  }

  @ParameterizedTest
  @CsvSource({"TRAIN", "DEV", "TEST"})
  void marksBothEntitiesOfEveryRow(Split split) {
    DataDirectory data = DataDirectory.open(TestData.file("mnre"));
    BertTokenizer tokenizer =
        BertTokenizer.load(TestData.file("bert-base-uncased/vocab.txt"))
            .withAddedTokens(RelationEncoder.MARKERS);
    RelationSet relations = data.relationSet();
    var encoder = new RelationEncoder(tokenizer, relations, Fidelity.CORRECTED, 80);
    int[] markers = tokenizer.idsOf(RelationEncoder.MARKERS);
    for (RelationExample row : data.relations(split, ReadOptions.strict(), relations).rows()) {
      EncodedRelation found = encoder.encode(row);
      assertEquals(markers[0], found.ids()[found.headMarker()], row.place());
      assertEquals(markers[2], found.ids()[found.tailMarker()], row.place());
      for (int marker : markers) {
        assertEquals(1, Arrays.stream(found.ids()).filter(id -> id == marker).count(), row.place());
      }
    }
  }

  private static int count(List<NerExample> rows, String prefix) {
    return (int)
        rows.stream()
            .flatMap(row -> row.labels().stream())
            .filter(label -> label.startsWith(prefix))
            .count();
  }
}
