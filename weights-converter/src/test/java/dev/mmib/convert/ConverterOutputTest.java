package dev.mmib.convert;

import static dev.mmib.convert.TwoTensors.names;
import static dev.mmib.convert.TwoTensors.refused;
import static dev.mmib.convert.TwoTensors.requireTwo;
import static dev.mmib.convert.TwoTensors.two;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.error.ErrorCode;
import dev.mmib.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the converter writes, and what it leaves alone. */
class ConverterOutputTest {

  private static final ConvertOptions STANDARD = ConvertOptions.STANDARD;

  @TempDir Path dir;

  private TwoTensors model() {
    return new TwoTensors(dir);
  }

  @Test
  void refusesAPlaceThatIsTaken() throws IOException { // L03
    var in = model().torch("w.pt");
    var file = dir.resolve("w.safetensors");
    Files.writeString(file, "mine");
    assertEquals(ErrorCode.OUTPUT_EXISTS, refused(in, file, STANDARD).code());
    assertEquals("mine", Files.readString(file));
    var full = Files.createDirectory(dir.resolve("full"));
    Files.writeString(full.resolve("notes.txt"), "mine");
    assertEquals(ErrorCode.OUTPUT_EXISTS, refused(in, full, STANDARD).code());
    assertEquals(
        ErrorCode.OUTPUT_EXISTS, refused(in, file.resolveSibling("w.pt2"), files(2)).code());
    assertEquals("is also the input", refused(in, in, STANDARD.overwriting()).what());
    Files.createDirectory(dir.resolve("d.safetensors"));
    assertEquals(
        "is a directory", refused(in, dir.resolve("d.safetensors"), STANDARD.overwriting()).what());

    Converter.convert(in, file, STANDARD.overwriting());
    requireTwo(file);
    Converter.convert(in, full, STANDARD.overwriting());
    requireTwo(full.resolve("model.safetensors"));
    assertEquals("mine", Files.readString(full.resolve("notes.txt")));
    assertEquals(List.of("model.safetensors", "notes.txt"), names(full));
  }

  /** A file in the place of a directory. */
  private ConvertOptions files(int number) throws IOException {
    Files.writeString(dir.resolve("w.pt" + number), "mine");
    return STANDARD.overwriting();
  }

  @Test
  void doesNotReplaceItsInput() {
    var model = dir.resolve("model.safetensors");
    SafeTensors.write(model, two(), Map.of());
    var e = refused(model, dir, STANDARD.overwriting());
    assertEquals(ErrorCode.USAGE, e.code());
    assertTrue(e.what().contains("is also the input"), e.what());
  }

  @Test
  void doesNotReplaceAShardOfItsInput() throws IOException {
    var in = Files.createDirectory(dir.resolve("in"));
    Sharded.SAFETENSORS.write(in, two(), 2);
    var shard = in.resolve("model-00001-of-00002.safetensors");
    var e = refused(in, shard, STANDARD.overwriting());
    assertEquals(ErrorCode.USAGE, e.code());
    assertTrue(e.what().contains("is also the input"), e.what());
    Converter.convert(in, dir.resolve("out"), STANDARD); // still whole
    requireTwo(dir.resolve("out/model.safetensors"));
  }

  @Test
  void leavesNothingOfTheModelThatItReplaces() throws IOException { // L03
    var in = model().huggingFace("config.json", "vocab.txt");
    TorchWriter.zip(in.resolve("pytorch_model.bin"), two());
    var out = Files.createDirectory(dir.resolve("out"));
    for (var old :
        List.of(
            "config.json",
            "tokenizer.json",
            "added_tokens.json",
            "notes.txt",
            "model.safetensors.index.json",
            "labels.json")) {
      Files.writeString(out.resolve(old), "old");
    }
    Converter.convert(in, out, STANDARD.overwriting());
    assertEquals(List.of("config.json", "model.safetensors", "notes.txt", "vocab.txt"), names(out));
    assertEquals(TwoTensors.CONFIG, Files.readString(out.resolve("config.json")));

    var e = refused(model().torch("w.pt"), out, STANDARD.overwriting());
    assertEquals(ErrorCode.OUTPUT_EXISTS, e.code());
    assertTrue(e.what().contains("holds another model"), e.what());
  }

  @Test
  void makesNoDirectoryThatIsCalledLikeAFile() {
    var e = refused(model().torch("w.pt"), dir.resolve("weights.bin"), STANDARD);
    assertEquals(ErrorCode.USAGE, e.code());
    assertFalse(Files.exists(dir.resolve("weights.bin")));
  }

  @Test
  void leavesNothingWhenItFailsHalfway() throws IOException {
    var in = model().torch("w.pt");
    var out = dir.resolve("out");
    Conversion.Listener broken =
        (bytes, total) -> {
          throw new IllegalStateException("stop");
        };
    assertThrows(IllegalStateException.class, () -> Converter.convert(in, out, STANDARD, broken));
    assertThrows(
        IllegalStateException.class,
        () -> Converter.convert(in, dir.resolve("o.safetensors"), STANDARD, broken));
    assertEquals(List.of("w.pt"), names(dir));

    Converter.convert(in, out, STANDARD);
    assertThrows(
        IllegalStateException.class,
        () -> Converter.convert(in, out, STANDARD.overwriting(), broken));
    requireTwo(out.resolve("model.safetensors"));
    assertEquals(List.of("out", "w.pt"), names(dir));
  }
}
