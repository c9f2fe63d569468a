package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.convert.torch.SavedValue;
import dev.mmib.convert.torch.SavedValue.Dict;
import dev.mmib.convert.torch.SavedValue.Items;
import dev.mmib.convert.torch.SavedValue.Text;
import dev.mmib.convert.torch.SavedValue.Whole;
import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.data.CropTable;
import dev.mmib.data.Split;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Pickled crop tables, and what their reader finds in the JSON. */
class CropListsTest {

  @TempDir Path dir;

  private static Items names(String... names) {
    return new Items(Stream.of(names).<SavedValue>map(Text::new).toList());
  }

  private Path table(String name, Map<?, SavedValue> rows) {
    var file = dir.resolve(name);
    TorchWriter.zip(file, new Dict(rows));
    return file;
  }

  private static CropTable read(Path json) throws IOException {
    return CropTable.of(Json.parse(Files.readString(json), json.toString()).asObject());
  }

  @Test
  void putsRowNumbersUnderTheSplitThatTheNameTells() throws IOException {
    table("mre_train_dict.pth", Map.of(0, names("t.jpg")));
    table("mre_dev_dict.pth", Map.of(0, names("d.jpg")));
    table("mre_test_dict.pth", Map.of(0, names("e.jpg"), 1, names()));
    var done = Converter.convert(dir, dir.resolve("crops"), ConvertOptions.STANDARD);
    assertEquals(4, done.tensors());
    assertEquals(dir.resolve("crops/crops.json"), done.output());
    var table = read(done.output());
    assertEquals(Optional.of(List.of("t.jpg")), table.find(Split.TRAIN, 0, ""));
    assertEquals(Optional.of(List.of("d.jpg")), table.find(Split.DEV, 0, ""));
    assertEquals(Optional.of(List.of("e.jpg")), table.find(Split.TEST, 0, ""));
    assertEquals(Optional.empty(), table.find(Split.DEV, 1, ""));
    assertEquals(List.of(), done.notes());
  }

  /** The directory of the data holds the crops already, and the table belongs beside them. */
  @Test
  void goesBesideTheCropsOfADataDirectory() throws IOException {
    var file = table("mre_train_dict.pth", Map.of(0, names("t.jpg")));
    var crops = Files.createDirectories(dir.resolve("data/crops"));
    var picture = Files.writeString(crops.resolve("t.jpg"), "picture");
    var done = Converter.convert(file, dir.resolve("data"), ConvertOptions.STANDARD);
    assertEquals(crops.resolve("crops.json"), done.output());
    assertEquals("picture", Files.readString(picture));
    var again =
        assertThrows(
            MmibException.class, () -> Converter.convert(file, crops, ConvertOptions.STANDARD));
    assertEquals(ErrorCode.OUTPUT_EXISTS, again.code());
    Converter.convert(file, crops, ConvertOptions.STANDARD.overwriting());
    assertEquals("picture", Files.readString(picture));
  }

  @Test
  void keepsNamesOfPicturesForAllSplits() throws IOException {
    var rows = new LinkedHashMap<String, SavedValue>();
    rows.put("1.jpg", names("a.jpg", "b.jpg"));
    rows.put("2.jpg", new SavedValue.Tuple(List.of(new Text("c.jpg"))));
    var file = table("twitter2015_train_dict.pth", rows);
    var done = Converter.convert(file, dir.resolve("crops.json"), ConvertOptions.STANDARD);
    assertEquals(
        "{\"1.jpg\":[\"a.jpg\",\"b.jpg\"],\"2.jpg\":[\"c.jpg\"]}\n",
        Files.readString(done.output()));
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("M13a: a path", Map.of(0, names("../x.jpg")), ErrorCode.DATA_FILE, "../x"),
        Arguments.of("M13b: absolute", Map.of(0, names("/x.jpg")), ErrorCode.DATA_FILE, "/x.jpg"),
        Arguments.of("M13c: empty", Map.of(0, names("")), ErrorCode.DATA_FILE, "empty"),
        Arguments.of(
            "M13d: numbers in the lists",
            Map.of(0, new Items(List.of(new Whole(1)))),
            ErrorCode.PICKLE,
            "holds no state_dict"),
        Arguments.of(
            "M13e: texts for lists", Map.of(0, new Text("a.jpg")), ErrorCode.PICKLE, "its keys"),
        Arguments.of("M13f: no rows", Map.of(), ErrorCode.PICKLE, "its keys are none"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void refused(String id, Map<?, SavedValue> rows, ErrorCode code, String what) {
    var file = table("x_dict.pth", rows);
    var out = dir.resolve("crops.json");
    var e =
        assertThrows(
            MmibException.class, () -> Converter.convert(file, out, ConvertOptions.STANDARD));
    assertEquals(code, e.code());
    assertTrue(e.what().contains(what), e.what());
    assertFalse(Files.exists(out));
  }

  @Test
  void refusesTablesThatContradictEachOther() {
    table("a_dict.pth", Map.of("1.jpg", names("a.jpg")));
    table("b_dict.pth", Map.of("1.jpg", names("b.jpg")));
    var e =
        assertThrows(
            MmibException.class,
            () -> Converter.convert(dir, dir.resolve("out"), ConvertOptions.STANDARD));
    assertEquals(ErrorCode.DATA_FILE, e.code());
    assertTrue(e.what().contains("has other crops for '1.jpg'"), e.what());
  }

  @Test
  void saysThatRowsCountForEverySplitAndThatWeightsAreNoTable() {
    var file = table("rows_dict.pth", Map.of(0, names("a.jpg")));
    var done = Converter.convert(file, dir.resolve("out"), ConvertOptions.STANDARD);
    assertTrue(done.notes().get(0).contains("names no split"), done.notes().toString());
    var e =
        assertThrows(
            MmibException.class,
            () -> Converter.convert(file, dir.resolve("w.safetensors"), ConvertOptions.STANDARD));
    assertEquals(ErrorCode.USAGE, e.code());
  }
}
