package dev.mmib.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.MmibException;
import dev.mmib.text.BertTokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncodersTest {

  private static final BertTokenizer TOKENIZER =
      BertTokenizer.of(
              List.of(
                  "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d", "e", "f", "un",
                  "##aff", "##able"),
              BertTokenizer.Options.uncased())
          .withAddedTokens(RelationEncoder.MARKERS);
  private static final RelationSet RELATIONS = RelationSet.of(List.of("None", "r"));

  private static String pieces(int[] ids) {
    return Arrays.stream(ids).mapToObj(TOKENIZER::tokenOf).collect(Collectors.joining(" "));
  }

  private static EncodedNer ner(Fidelity fidelity, int longest, String... tokensAndLabels) {
    List<String> all = List.of(tokensAndLabels);
    int half = all.size() / 2;
    var example =
        new NerExample("1", all.subList(0, half), all.subList(half, all.size()), "1", "here");
    return new NerEncoder(TOKENIZER, TagSet.twitter(), fidelity, longest).encode(example);
  }

  private static String tags(EncodedNer row) {
    return Arrays.stream(row.tags())
        .mapToObj(TagSet.twitter()::tag)
        .collect(Collectors.joining(" "));
  }

  @Test
  void givesAWordsFirstPieceItsLabel() {
    EncodedNer row = ner(Fidelity.CORRECTED, 16, "a", "unaffable", "B-PER", "I-PER");
    assertEquals("[CLS] a un ##aff ##able [SEP]", pieces(row.ids()));
    assertEquals("[CLS] B-PER I-PER X X [SEP]", tags(row));
    assertArrayEquals(new int[] {-1, 0, 1, -1, -1, -1}, row.wordOfPiece());
  }

  @Test
  void cutsBeforeTheWordThatDoesNotFitWhenCorrected() {
    EncodedNer row = ner(Fidelity.CORRECTED, 6, "a", "b", "unaffable", "c", "O", "O", "B-PER", "O");
    assertEquals("[CLS] a b [SEP]", pieces(row.ids()));
    assertEquals(2, row.cutWords());
  }

  @Test
  void cutsInsideAWordAsReleased() {
    EncodedNer row = ner(Fidelity.REFERENCE, 6, "a", "b", "unaffable", "c", "O", "O", "B-PER", "O");
    assertEquals("[CLS] a b un ##aff [SEP]", pieces(row.ids()));
    assertEquals("[CLS] O O B-PER X [SEP]", tags(row));
    assertEquals(2, row.cutWords());
  }

  @Test
  void keepsAWordWithoutPiecesWhenCorrectedAndLosesItAsReleased() {
    EncodedNer kept = ner(Fidelity.CORRECTED, 16, "a", "\ufe0f", "b", "O", "B-LOC", "O");
    assertEquals("[CLS] a [UNK] b [SEP]", pieces(kept.ids()));
    assertEquals("[CLS] O B-LOC O [SEP]", tags(kept));
    EncodedNer lost = ner(Fidelity.REFERENCE, 16, "a", "\ufe0f", "b", "O", "B-LOC", "O");
    assertEquals("[CLS] a b [SEP]", pieces(lost.ids()));
    assertEquals(1, lost.droppedWords());
    assertArrayEquals(new int[] {-1, 0, 2, -1}, lost.wordOfPiece());
  }

  @Test
  void specialTokensInsideASentenceDoNotShiftLabels() {
    EncodedNer row = ner(Fidelity.CORRECTED, 16, "[SEP]", "a[CLS]b", "c", "O", "B-PER", "I-PER");
    assertEquals("[CLS] [SEP] a [CLS] b c [SEP]", pieces(row.ids()));
    assertEquals("[CLS] O B-PER X X I-PER [SEP]", tags(row));
  }

  @Test
  void encodesWordsWithoutLabels() {
    var encoder = new NerEncoder(TOKENIZER, TagSet.twitter(), Fidelity.CORRECTED, 8);
    assertEquals("[CLS] O O X X [SEP]", tags(encoder.encode(List.of("a", "unaffable"))));
  }

  @Test
  void padsABatch() {
    NerBatch batch =
        NerBatch.of(
            List.of(
                ner(Fidelity.CORRECTED, 16, "a", "B-PER"),
                ner(Fidelity.CORRECTED, 16, "a", "unaffable", "O", "O")),
            TOKENIZER.padId());
    assertEquals(6, batch.text().tokens());
    assertArrayEquals(new int[] {3, 6}, batch.text().lengths());
    assertArrayEquals(new int[] {11, 4, 12, 0, 0, 0, 11, 1, 1, 10, 10, 12}, batch.tags());
    assertEquals("[CLS] a [SEP] [PAD] [PAD] [PAD]", pieces(Arrays.copyOf(batch.text().ids(), 6)));
    assertTrue(batch.firstPiece()[1] && batch.firstPiece()[8]);
    assertTrue(!batch.firstPiece()[0] && !batch.firstPiece()[9] && !batch.firstPiece()[3]);
  }

  private static EncodedRelation relation(
      Fidelity fidelity, int longest, String words, Span head, Span tail) {
    var example =
        new RelationExample("0", 0, List.of(words.split(" ")), head, tail, "r", "x.jpg", "row 0");
    EncodedRelation row =
        new RelationEncoder(TOKENIZER, RELATIONS, fidelity, longest).encode(example);
    if (row.headMarker() >= 0) {
      assertEquals("<s>", TOKENIZER.tokenOf(row.ids()[row.headMarker()]));
    }
    if (row.tailMarker() >= 0) {
      assertEquals("<o>", TOKENIZER.tokenOf(row.ids()[row.tailMarker()]));
    }
    assertEquals(1, row.relation());
    return row;
  }

  @ParameterizedTest
  @CsvSource({
    "a b c d, 0, 1, 2, 3, [CLS] <s> a </s> b <o> c </o> d [SEP]",
    "a b c d, 2, 4, 0, 1, [CLS] <o> a </o> b <s> c d </s> [SEP]",
    "a b, 0, 1, 1, 2, [CLS] <s> a </s> <o> b </o> [SEP]",
    "a b, 1, 2, 0, 1, [CLS] <o> a </o> <s> b </s> [SEP]",
    "a b c, 0, 3, 1, 2, [CLS] <s> a <o> b </o> c </s> [SEP]",
    "a b c, 0, 1, 0, 3, [CLS] <o> <s> a </s> b c </o> [SEP]",
    "a b c, 0, 3, 2, 3, [CLS] <s> a b <o> c </o> </s> [SEP]",
    "a b c, 0, 2, 1, 3, [CLS] <s> a <o> b </s> c </o> [SEP]",
    "a b, 0, 2, 0, 2, [CLS] <s> <o> a b </o> </s> [SEP]",
  })
  void writesEveryMarkerAndNestsThem(
      String words, int headStart, int headEnd, int tailStart, int tailEnd, String expected) {
    Span head = new Span(headStart, headEnd);
    Span tail = new Span(tailStart, tailEnd);
    assertEquals(expected, pieces(relation(Fidelity.CORRECTED, 32, words, head, tail).ids()));
  }

  @Test
  void dropsTheClosingMarkerAtTheEndAsReleased() {
    EncodedRelation row =
        relation(Fidelity.REFERENCE, 32, "a b c d", new Span(0, 1), new Span(2, 4));
    assertEquals("[CLS] <s> a </s> b <o> c d [SEP]", pieces(row.ids()));
  }

  @ParameterizedTest
  @CsvSource({
    "12, [CLS] b c <s> d </s> e <o> f </o> a [SEP], 3",
    "10, [CLS] c <s> d </s> e <o> f </o> [SEP], 5",
    "9, [CLS] <s> d </s> e <o> f </o> [SEP], 6",
    "8, [CLS] <s> d </s> <o> f </o> [SEP], 7",
    "30, [CLS] a b c <s> d </s> e <o> f </o> a b c [SEP], 0",
  })
  void keepsTheTextAroundTheEntitiesWhenThereIsTooMuch(int longest, String expected, int cut) {
    EncodedRelation row =
        relation(Fidelity.CORRECTED, longest, "a b c d e f a b c", new Span(3, 4), new Span(5, 6));
    assertTrue(row.length() <= longest);
    assertTrue(pieces(row.ids()).contains("<s> d </s>"), pieces(row.ids()));
    assertTrue(pieces(row.ids()).contains("<o> f </o>"), pieces(row.ids()));
    assertEquals(expected, pieces(row.ids()));
    assertEquals(cut, row.cutWords());
  }

  @Test
  void keepsBothEntitiesWhenWhatLiesBetweenIsTooLong() {
    EncodedRelation row =
        relation(Fidelity.CORRECTED, 10, "a b c d e f", new Span(0, 1), new Span(5, 6));
    assertEquals("[CLS] <s> a </s> b e <o> f </o> [SEP]", pieces(row.ids()));
    assertEquals(2, row.cutWords());
  }

  @Test
  void refusesARowWhoseEntitiesDoNotFit() {
    var error =
        assertThrows(
            MmibException.class,
            () -> relation(Fidelity.CORRECTED, 9, "unaffable a b", new Span(0, 1), new Span(1, 2)));
    assertTrue(error.toString().contains("row 0: head and tail need 10"), error.toString());
  }

  @Test
  void losesMarkersBeyondTheLimitAsReleased() {
    EncodedRelation row =
        relation(Fidelity.REFERENCE, 8, "a b c d e f", new Span(0, 1), new Span(4, 5));
    assertEquals("[CLS] <s> a </s> b c d [SEP]", pieces(row.ids()));
    assertEquals(-1, row.tailMarker());
    assertEquals(2, row.cutWords());
    assertThrows(IllegalArgumentException.class, () -> RelationBatch.of(List.of(row), 0));
  }

  @Test
  void pointsAtItsOwnMarkersWhereTheTextHasSomeToo() {
    EncodedRelation row =
        relation(Fidelity.CORRECTED, 32, "<s> a <o> b", new Span(1, 2), new Span(3, 4));
    assertEquals("[CLS] <s> <s> a </s> <o> <o> b </o> [SEP]", pieces(row.ids()));
    assertEquals(2, row.headMarker());
    assertEquals(6, row.tailMarker());
  }

  @Test
  void padsABatchOfRelations() {
    RelationBatch batch =
        RelationBatch.of(
            List.of(
                relation(Fidelity.CORRECTED, 32, "a b", new Span(0, 1), new Span(1, 2)),
                relation(Fidelity.CORRECTED, 32, "c a b", new Span(2, 3), new Span(1, 2))),
            TOKENIZER.padId());
    assertArrayEquals(new int[] {1, 5}, batch.headMarkers());
    assertArrayEquals(new int[] {4, 2}, batch.tailMarkers());
    assertArrayEquals(new int[] {8, 9}, batch.text().lengths());
  }

  @Test
  void refusesATokenizerWithoutMarkers() {
    var plain =
        BertTokenizer.of(
            List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"), BertTokenizer.Options.uncased());
    assertThrows(
        IllegalArgumentException.class,
        () -> new RelationEncoder(plain, RELATIONS, Fidelity.CORRECTED, 80));
  }

  @Test
  void makesTagSetsOfAnyLabels() {
    assertEquals(TagSet.twitter(), TagSet.of(List.of("I-LOC", "O", "B-PER", "B-ORG", "I-MISC")));
    assertEquals(
        List.of("PAD", "O", "B-LOC", "I-LOC", "B-Gene", "I-Gene", "X", "[CLS]", "[SEP]"),
        TagSet.of(List.of("B-Gene", "B-LOC")).tags());
    assertEquals(TagSet.twitter(), TagSet.ofTags(TagSet.twitter().tags()));
    assertThrows(MmibException.class, () -> TagSet.of(List.of("PER")));
    assertThrows(MmibException.class, () -> TagSet.ofTags(List.of("PAD", "O", "B-A", "X")));
    assertThrows(MmibException.class, () -> TagSet.twitter().index("B-FOO"));
  }
}
