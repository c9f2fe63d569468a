package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.convert.Conversion.Kind;
import dev.mmib.data.CropTable;
import dev.mmib.data.Split;
import dev.mmib.error.MmibException;
import dev.mmib.golden.Golden;
import dev.mmib.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that Python's torch.save wrote, inspected and converted. */
class TorchSaveGoldenTest {

  @TempDir Path dir;

  @Test
  void listsEveryFileThatPythonWroteAndRefusesTheOthers() throws IOException {
    var group = Golden.require("formats").resolve("torchsave");
    var manifest = Golden.json(group.resolve("manifest.json"));
    for (var one : manifest.array("cases")) {
      var wanted = one.asObject().object("tensors").keys();
      for (var name : one.asObject().array("files").strings()) {
        var found = Inspection.of(group.resolve(name), true);
        assertEquals(
            List.copyOf(wanted), found.tensors().stream().map(Inspection.Row::name).toList(), name);
        assertEquals(
            name.contains("aux_dict")
                ? "crop-table"
                : name.contains(".legacy.") ? "pytorch-legacy" : "pytorch-zip",
            found.format());
      }
    }
    for (var one : manifest.array("refuse")) {
      var file = group.resolve(one.asObject().string("file"));
      var e = assertThrows(MmibException.class, () -> Inspection.of(file, true), file.toString());
      assertEquals(4, e.code().exitStatus());
    }
  }

  @Test
  void keepsRowsOfEveryTableThatPythonWrote() throws IOException {
    var group = Golden.require("formats").resolve("torchsave");
    for (var name : List.of("aux_dict.zip.pt", "aux_dict.legacy.pt")) {
      var out = dir.resolve(name + ".json");
      var done = Converter.convert(group.resolve(name), out, ConvertOptions.STANDARD);
      assertEquals(Kind.CROPS, done.kind());
      assertEquals(3, done.tensors());
      var table = read(out);
      assertEquals(
          Optional.of(List.of("twitter_stream_2018_0.jpg", "a b.jpg")),
          table.find(Split.TRAIN, 0, "x"));
      assertEquals(Optional.of(List.of()), table.find(Split.TEST, 5, "x"));
      assertEquals(4, table.find(Split.DEV, 1_234_567, "x").orElseThrow().size());
      assertEquals(Optional.empty(), table.find(Split.DEV, 1, "x"));
    }
  }

  private static CropTable read(Path json) throws IOException {
    return CropTable.of(Json.parse(Files.readString(json), json.toString()).asObject());
  }
}
