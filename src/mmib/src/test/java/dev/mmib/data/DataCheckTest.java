package dev.mmib.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCheckTest {

  @TempDir Path folder;

  private void write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, content);
  }

  @Test
  void countsWhatIsInEachSplit() throws IOException {
    write("train.txt", "IMGID:1\na\tB-PER\nb\tI-LOC\n\nIMGID:2\n\u200b\tO\n\nIMGID:2\nx y\n\n");
    write("test.txt", "IMGID:3\nq\tB-LOC\n\nIMGID:1\na\tO\nb\tO\n");
    write("images/1.jpg", "");
    write("crops/1/crop_person_1.jpg", "");
    DataCheck check = DataCheck.ner(DataDirectory.open(folder));
    SplitCheck train = Objects.requireNonNull(check.splits().get(Split.TRAIN));
    assertEquals(2, train.rows());
    assertEquals(1, train.targets());
    assertEquals(2, train.images());
    assertEquals(1, train.missingImages());
    assertEquals(1, train.rowsWithCrops());
    assertEquals(1, train.invalidRows());
    assertFalse(check.isUsable());
    JsonObject json = check.toJson();
    assertEquals("ner", json.string("task"));
    JsonObject splits = json.object("splits");
    assertEquals("[train, test]", splits.keys().toString());
    JsonObject counts = splits.object("train").object("counts");
    assertEquals(1, counts.integer("orphanInsideTag"));
    assertEquals(1, counts.integer("invisibleToken"));
    assertEquals(1, counts.integer("invalidRow"));
    assertEquals(1, counts.integer("missingImage"));
    JsonObject test = splits.object("test");
    assertEquals(1, test.object("counts").integer("unknownLabel"));
    assertEquals(1, test.object("counts").integer("repeatedSentence"));
    assertEquals("{\"LOC\":1}", test.object("labels").toString());
    assertEquals("{\"min\":1,\"p50\":1,\"p95\":2,\"max\":2}", test.object("words").toString());
    assertTrue(
        splits.object("train").array("problems").items().stream()
            .anyMatch(p -> p.asObject().string("place").endsWith("train.txt: line 9")));
    String text = check.toText();
    assertTrue(text.contains("train: 2 rows, 1 entities, 2 pictures (1 missing)"), text);
    assertTrue(text.contains("test.txt: line 1: the training split has no LOC"), text);
  }

  @Test
  void countsRelations() throws IOException {
    String row =
        "{'token': ['a', 'b'], 'h': {'name': 'a', 'pos': [0, 1]},"
            + " 't': {'name': 'b', 'pos': [1, 2]}, 'img_id': 'x.jpg', 'relation': '%s'}\n";
    write("train.txt", row.formatted("r") + row.formatted("None") + row.formatted("other"));
    write("rel2id.json", "{\"None\": 0, \"r\": 1}");
    DataCheck check = DataCheck.relations(DataDirectory.open(folder));
    SplitCheck train = Objects.requireNonNull(check.splits().get(Split.TRAIN));
    assertEquals(2, train.rows());
    assertEquals(1, train.targets());
    assertEquals(1, train.invalidRows());
    assertEquals(1, check.toJson().object("splits").object("train").integer("relations"));
  }

  @Test
  void saysWhenThereIsNothingToLearn() throws IOException {
    write("train.txt", "IMGID:1\na\tO\n");
    DataCheck check = DataCheck.ner(DataDirectory.open(folder));
    assertEquals(
        1,
        Objects.requireNonNull(check.splits().get(Split.TRAIN))
            .counts()
            .get(Finding.Kind.NOTHING_TO_LEARN));
  }

  @Test
  void refusesADirectoryWithoutATrainingSplit() throws IOException {
    write("test.txt", "IMGID:1\na\tO\n");
    assertThrows(MmibException.class, () -> DataCheck.ner(DataDirectory.open(folder)));
  }

  @Test
  void reportsOnTheBenchmarks() {
    DataCheck mnre = DataCheck.relations(DataDirectory.open(TestData.file("mnre")));
    SplitCheck train = Objects.requireNonNull(mnre.splits().get(Split.TRAIN));
    assertEquals(12247, train.rows());
    assertEquals(4503, train.targets());
    assertEquals(59, train.counts().get(Finding.Kind.OVERLAPPING_SPANS));
    assertTrue(mnre.isUsable());
    DataCheck twitter = DataCheck.ner(DataDirectory.open(TestData.file("twitter2015")));
    SplitCheck test = Objects.requireNonNull(twitter.splits().get(Split.TEST));
    assertEquals(3257, test.rows());
    assertEquals(135, test.counts().get(Finding.Kind.ORPHAN_INSIDE_TAG));
    assertEquals(test.images(), test.missingImages());
    assertTrue(twitter.isUsable());
  }
}
