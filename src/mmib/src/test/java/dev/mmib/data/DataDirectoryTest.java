package dev.mmib.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataDirectoryTest {

  private static final String ROW =
      "{'token': ['a', 'b'], 'h': {'name': 'a', 'pos': [0, 1]},"
          + " 't': {'name': 'b', 'pos': [1, 2]}, 'img_id': 'x.jpg', 'relation': 'None'}\n";

  @TempDir Path folder;

  @BeforeEach
  void makeFolders() throws IOException {
    Files.createDirectories(folder.resolve("images"));
    Files.createDirectories(folder.resolve("crops"));
  }

  private void write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, content);
  }

  private DataDirectory open() {
    return DataDirectory.open(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev", "valid", "val"})
  void knowsTheDevSplitUnderThreeNames(String name) throws IOException {
    write(name + ".txt", "IMGID:1\na\tO\n");
    assertTrue(open().has(Split.DEV));
    assertFalse(open().has(Split.TEST));
    assertEquals(1, open().ner(Split.DEV, ReadOptions.strict()).rows().size());
    assertEquals(Split.DEV, Split.named(name));
  }

  @Test
  void refusesTwoFilesForOneSplitAndNone() throws IOException {
    write("dev.txt", "");
    write("val.txt", "");
    assertThrows(MmibException.class, () -> open().file(Split.DEV));
    var error = assertThrows(MmibException.class, () -> open().file(Split.TEST));
    assertTrue(error.toString().contains("test.txt"));
    assertThrows(MmibException.class, () -> Split.named("tset"));
  }

  @Test
  void refusesALabelThatTrainingDoesNotHave() throws IOException {
    write("train.txt", "IMGID:1\na\tB-PER\n");
    write("test.txt", "IMGID:1\na\tB-LOC\n");
    DataDirectory data = open();
    TagSet tags = DataDirectory.tagSet(data.ner(Split.TRAIN, ReadOptions.strict()).rows());
    assertEquals(List.of("PER"), tags.types());
    var error =
        assertThrows(MmibException.class, () -> data.ner(Split.TEST, ReadOptions.strict(), tags));
    assertTrue(error.toString().contains("'B-LOC'"), error.toString());
  }

  @Test
  void findsPicturesByNameAndByIdInAnyKnownFormat() throws IOException {
    write("images/a.jpg", "");
    write("images/b.PNG", "");
    write("images/c.png", "");
    DataDirectory data = open();
    assertEquals(Optional.of(folder.resolve("images/a.jpg")), data.image("a"));
    assertEquals(Optional.of(folder.resolve("images/a.jpg")), data.image("a.jpg"));
    assertEquals(Optional.of(folder.resolve("images/b.PNG")), data.image("b.PNG"));
    assertEquals(Optional.of(folder.resolve("images/c.png")), data.image("c"));
    assertEquals(Optional.empty(), data.image("d"));
    assertEquals(Optional.empty(), data.image("a.png"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../train.txt", "/etc/passwd", "a/b.jpg", "..", "nul.jpg", "a\0.jpg"})
  void refusesNamesThatLeadOutOfTheImages(String name) {
    assertThrows(MmibException.class, () -> open().image(name));
  }

  @Test
  void followsLinksInsideTheImagesOnly() throws IOException {
    write("images/a.jpg", "");
    write("secret.jpg", "");
    Files.createSymbolicLink(folder.resolve("images/in.jpg"), Path.of("a.jpg"));
    Files.createSymbolicLink(folder.resolve("images/out.jpg"), Path.of("../secret.jpg"));
    Files.createSymbolicLink(folder.resolve("images/loop.jpg"), Path.of("loop.jpg"));
    Files.createDirectory(folder.resolve("images/folder.jpg"));
    DataDirectory data = open();
    assertTrue(data.image("in").isPresent());
    assertThrows(MmibException.class, () -> data.image("out"));
    assertEquals(Optional.empty(), data.image("loop"));
    assertEquals(Optional.empty(), data.image("folder"));
  }

  @Test
  void worksWithoutImages() throws IOException {
    Files.delete(folder.resolve("images"));
    Files.delete(folder.resolve("crops"));
    var row = new NerExample("1", List.of("a"), List.of("O"), "1", "x");
    PictureFiles found = open().pictures(row, Split.TRAIN, 4);
    assertEquals(
        new PictureFiles(
            Optional.empty(),
            List.of(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty())),
        found);
    assertFalse(open().hasImages());
  }

  @Test
  void findsTheCropsOfASentenceByTheirNames() throws IOException {
    write("images/1.jpg", "");
    write("crops/1/crop_person_1.jpg", "");
    write("crops/1/crop_location_1.jpg", "");
    var row = new NerExample("1", List.of("a"), List.of("O"), "1", "x");
    PictureFiles found = open().pictures(row, Split.TRAIN, 4);
    assertTrue(found.whole().isPresent());
    assertEquals(
        List.of(true, false, true, false),
        found.crops().stream().map(Optional::isPresent).toList());
    assertEquals(2, open().pictures(row, Split.TRAIN, 2).crops().size());
  }

  @Test
  void findsTheCropsOfARowInTheTable() throws IOException {
    for (String name : List.of("a.jpg", "b.jpg", "c.jpg", "d.jpg")) {
      write("crops/" + name, "");
    }
    write(
        "crops/crops.json",
        "{\"0\": [\"a.jpg\", \"b.jpg\", \"c.jpg\", \"d.jpg\"], \"x.jpg\": [\"b.jpg\"],"
            + " \"val\": {\"0\": [\"gone.jpg\", \"c.jpg\"]}}");
    write("train.txt", ROW + ROW);
    List<RelationExample> rows = open().relations(Split.TRAIN, ReadOptions.strict()).rows();
    DataDirectory data = open();
    assertEquals(List.of("a.jpg", "b.jpg", "c.jpg"), names(data, rows.get(0), Split.TRAIN));
    assertEquals(List.of("b.jpg", "", ""), names(data, rows.get(1), Split.TRAIN));
    assertEquals(List.of("", "c.jpg", ""), names(data, rows.get(0), Split.DEV));
  }

  private static List<String> names(DataDirectory data, RelationExample row, Split split) {
    return data.pictures(row, split, 3).crops().stream()
        .map(crop -> crop.map(path -> String.valueOf(path.getFileName())).orElse(""))
        .toList();
  }

  @Test
  void findsTheCropsOfASentenceInTheTableByThePicture() throws IOException {
    write("images/1.png", "");
    write("crops/a.jpg", "");
    write("crops/crops.json", "{\"1.png\": [\"a.jpg\"]}");
    var row = new NerExample("1", List.of("a"), List.of("O"), "1", "x");
    PictureFiles found = open().pictures(row, Split.TRAIN, 2);
    assertEquals(List.of(true, false), found.crops().stream().map(Optional::isPresent).toList());
  }

  static Stream<Arguments> badTables() {
    return Stream.of(
        Arguments.of("M13a a path", "{\"0\": [\"../a.jpg\"]}", "not a plain file name"),
        Arguments.of("M13b a path below", "{\"0\": [\"a/b.jpg\"]}", "not a plain file name"),
        Arguments.of("M13c not a list", "{\"0\": \"a.jpg\"}", "expected an array"),
        Arguments.of("M13d not an object", "[[\"a.jpg\"]]", "expected an object"),
        Arguments.of("M13e a number", "{\"0\": [1]}", "expected a string"),
        Arguments.of("M13f unknown split", "{\"other\": {\"0\": []}}", "no split"),
        Arguments.of("M13g a pickle", "\u0080\u0004}q\0.", "crops.json"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badTables")
  void refusesTablesOfCrops(String id, String content, String expected) throws IOException {
    write("crops/crops.json", content);
    var error = assertThrows(MmibException.class, this::open);
    assertTrue(error.toString().contains(expected), error.toString());
  }

  @Test
  void refusesWhatIsNotADirectory() throws IOException {
    write("train.txt", "");
    assertThrows(MmibException.class, () -> DataDirectory.open(folder.resolve("train.txt")));
    assertThrows(MmibException.class, () -> DataDirectory.open(folder.resolve("none")));
  }

  @Test
  void makesARelationSetOfTheRowsWhereThereIsNoTable() throws IOException {
    write("train.txt", ROW.replace("'None'", "'z'") + ROW.replace("'None'", "'b'"));
    DataDirectory data = open();
    assertFalse(data.hasRelationSet());
    assertEquals(
        List.of("None", "b", "z"),
        DataDirectory.relationSet(data.relations(Split.TRAIN, ReadOptions.strict()).rows())
            .relations());
  }
}
