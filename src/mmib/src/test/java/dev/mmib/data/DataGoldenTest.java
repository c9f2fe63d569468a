package dev.mmib.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.mmib.golden.Golden;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import dev.mmib.text.BertTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Reading and encoding against the released data classes, in their fidelity. */
class DataGoldenTest {

  private static JsonObject expected() {
    return Golden.json(Golden.file("data/expected.json"));
  }

  private static BertTokenizer tokenizer() {
    return BertTokenizer.load(Golden.file("tokenizer/vocab.txt"), BertTokenizer.Options.uncased());
  }

  private static List<NerExample> sentences() {
    return TwitterNer.read(Golden.file("data/ner.txt"), ReadOptions.strict()).rows();
  }

  @Test
  void readsTheSentencesThatTheReleasedCodeReads() {
    JsonObject parsed = expected().object("ner_parsed");
    List<NerExample> sentences = sentences();
    assertEquals(parsed.array("words").size(), sentences.size());
    for (int i = 0; i < sentences.size(); i++) {
      NerExample sentence = sentences.get(i);
      assertEquals(parsed.array("words").at(i).asArray().strings(), sentence.tokens());
      assertEquals(parsed.array("targets").at(i).asArray().strings(), sentence.labels());
      assertEquals(parsed.array("imgs").at(i).asString(), sentence.imageId() + ".jpg");
    }
  }

  @Test
  void numbersTheTagsAsTheReleasedCodeDoes() {
    JsonObject map = expected().object("ner_label_map");
    assertEquals(map.size(), TagSet.twitter().size());
    for (String tag : map.keys()) {
      assertEquals(map.integer(tag), TagSet.twitter().index(tag), tag);
    }
  }

  @TestFactory
  Stream<DynamicTest> encodesSentencesAsTheReleasedCodeDoes() {
    List<NerExample> sentences = sentences();
    BertTokenizer tokenizer = tokenizer();
    var tests = new ArrayList<DynamicTest>();
    for (JsonValue item : expected().array("ner")) {
      JsonObject row = item.asObject();
      int longest = row.integer("max_seq");
      int index = row.integer("index");
      var encoder = new NerEncoder(tokenizer, TagSet.twitter(), Fidelity.REFERENCE, longest);
      tests.add(
          dynamicTest(
              "sentence " + index + " of at most " + longest,
              () -> {
                EncodedNer found = encoder.encode(sentences.get(index));
                assertInput(row, longest, found.ids(), found.types());
                assertArrayEquals(row.array("labels").ints(), pad(found.tags(), longest));
              }));
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> encodesRelationsAsTheReleasedCodeDoes() {
    Path directory = Golden.require("data");
    JsonObject expected = expected();
    BertTokenizer tokenizer = tokenizer().withAddedTokens(RelationEncoder.MARKERS);
    assertEquals(expected.integer("re_vocab_len"), tokenizer.size());
    assertArrayEquals(
        expected.array("re_marker_ids").ints(), tokenizer.idsOf(RelationEncoder.MARKERS));
    RelationSet relations = RelationSet.read(directory.resolve("rel2id.json"));
    List<RelationExample> rows =
        MnreRelations.read(directory.resolve("re.txt"), ReadOptions.strict(), relations).rows();
    var tests = new ArrayList<DynamicTest>();
    for (JsonValue item : expected.array("re")) {
      JsonObject row = item.asObject();
      int longest = row.integer("max_seq");
      int index = row.integer("index");
      var encoder = new RelationEncoder(tokenizer, relations, Fidelity.REFERENCE, longest);
      tests.add(
          dynamicTest(
              "row " + index + " of at most " + longest,
              () -> {
                EncodedRelation found = encoder.encode(rows.get(index));
                assertInput(row, longest, found.ids(), found.types());
                assertEquals(row.integer("label"), found.relation());
                assertEquals(row.integer("head_index", -1), found.headMarker());
                assertEquals(row.integer("tail_index", -1), found.tailMarker());
              }));
    }
    return tests.stream();
  }

  private static void assertInput(JsonObject row, int longest, int[] ids, int[] types) {
    int[] mask = new int[ids.length];
    Arrays.fill(mask, 1);
    assertArrayEquals(row.array("input_ids").ints(), pad(ids, longest));
    assertArrayEquals(row.array("token_type_ids").ints(), pad(types, longest));
    assertArrayEquals(row.array("attention_mask").ints(), pad(mask, longest));
  }

  private static int[] pad(int[] row, int longest) {
    return Arrays.copyOf(row, longest);
  }
}
