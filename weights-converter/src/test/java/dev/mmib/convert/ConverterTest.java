package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.convert.Conversion.Kind;
import dev.mmib.convert.torch.SavedValue;
import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.FileTree;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files and directories through the converter. */
class ConverterTest {

  @TempDir Path dir;

  private static final ConvertOptions STANDARD = ConvertOptions.STANDARD;

  private static Map<String, TensorSource> two() {
    var tensors = new LinkedHashMap<String, TensorSource>();
    tensors.put("a.weight", TensorSource.floats(Shape.of(2, 2), 1, 2, 3, 4));
    tensors.put("steps", TensorSource.longs(Shape.of(), 7));
    return tensors;
  }

  private Path torch(String name) {
    var file = dir.resolve(name);
    TorchWriter.zip(file, two());
    return file;
  }

  private static void requireTwo(Path file) {
    try (var stored = SafeTensors.open(file)) {
      assertEquals(2, stored.tensors().size());
      assertArrayEquals(new float[] {1, 2, 3, 4}, stored.readFloats("a.weight"));
      assertEquals(TensorType.I64, stored.entry("steps").type());
      assertArrayEquals(new long[] {7}, stored.readLongs("steps"));
      assertEquals(Map.of("format", "pt"), stored.metadata());
    }
  }

  private static MmibException refused(Path in, Path out, ConvertOptions options) {
    return assertThrows(MmibException.class, () -> Converter.convert(in, out, options));
  }

  /** What is in a directory, hidden files included. */
  private static List<String> names(Path directory) throws IOException {
    var names = new ArrayList<String>();
    for (var entry : FileTree.entries(directory)) {
      names.add(entry.getFileName().toString());
    }
    names.sort(null);
    return names;
  }

  @Test
  void writesOneFileOrOneInADirectory() throws IOException {
    var in = torch("w.pt");
    var done = Converter.convert(in, dir.resolve("w.safetensors"), STANDARD);
    assertEquals(Kind.SAFETENSORS, done.kind());
    assertEquals(2, done.tensors());
    assertEquals(24, done.bytes());
    requireTwo(dir.resolve("w.safetensors"));
    assertEquals(
        "{\"kind\":\"safetensors\",\"output\":\""
            + dir.resolve("w.safetensors")
            + "\",\"task\":null,\"tensors\":2,\"bytes\":24,\"notes\":[]}",
        done.toJson().toString());

    Converter.convert(in, dir.resolve("deep/out"), STANDARD);
    assertEquals(List.of("model.safetensors"), names(dir.resolve("deep/out")));
    requireTwo(dir.resolve("deep/out/model.safetensors"));
    assertEquals(List.of("deep", "w.pt", "w.safetensors"), names(dir));
  }

  @Test
  void tellsAFormatByItsContent() throws IOException { // Z01
    SafeTensors.write(dir.resolve("w.pth"), two(), Map.of());
    Converter.convert(dir.resolve("w.pth"), dir.resolve("a.safetensors"), STANDARD);
    requireTwo(dir.resolve("a.safetensors"));
    TorchWriter.legacy(dir.resolve("legacy.safetensors"), two());
    Converter.convert(dir.resolve("legacy.safetensors"), dir.resolve("b.safetensors"), STANDARD);
    requireTwo(dir.resolve("b.safetensors"));
    var index = Sharded.PICKLES.write(dir, two(), 2);
    Converter.convert(index, dir.resolve("c.safetensors"), STANDARD);
    requireTwo(dir.resolve("c.safetensors"));
    assertEquals(-1, Files.mismatch(dir.resolve("a.safetensors"), dir.resolve("b.safetensors")));
    assertEquals(-1, Files.mismatch(dir.resolve("a.safetensors"), dir.resolve("c.safetensors")));
  }

  @Test
  void writesASharedTensorForEachOfItsNames() {
    var storage =
        new SavedValue.Storage(
            TensorType.F32, 6, (at, to) -> to.asFloatBuffer().put(new float[] {0, 1, 2, 3, 4, 5}));
    var entries = new LinkedHashMap<String, SavedValue>();
    entries.put("whole", new SavedValue.Tensor(storage, 0, List.of(2L, 3L), List.of(3L, 1L)));
    entries.put("tied", new SavedValue.Tensor(storage, 0, List.of(2L, 3L), List.of(3L, 1L)));
    entries.put("turned", new SavedValue.Tensor(storage, 0, List.of(3L, 2L), List.of(1L, 3L)));
    entries.put("part", new SavedValue.Tensor(storage, 4, List.of(2L), List.of(1L)));
    TorchWriter.zip(dir.resolve("w.pt"), new SavedValue.Ordered(entries));
    Converter.convert(dir.resolve("w.pt"), dir.resolve("w.safetensors"), STANDARD);
    try (var stored = SafeTensors.open(dir.resolve("w.safetensors"))) {
      assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, stored.readFloats("whole"));
      assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, stored.readFloats("tied"));
      assertArrayEquals(new float[] {0, 3, 1, 4, 2, 5}, stored.readFloats("turned"));
      assertArrayEquals(new float[] {4, 5}, stored.readFloats("part"));
    }
  }

  @Test
  void refusesAPlaceThatIsTaken() throws IOException { // L03
    var in = torch("w.pt");
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
    var in = huggingFace("config.json", "vocab.txt");
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
    assertEquals("content of config.json", Files.readString(out.resolve("config.json")));

    var e = refused(torch("w.pt"), out, STANDARD.overwriting());
    assertEquals(ErrorCode.OUTPUT_EXISTS, e.code());
    assertTrue(e.what().contains("holds another model"), e.what());
  }

  @Test
  void opensTablesOnlyWhereThereAreNoWeights() throws IOException {
    var in = huggingFace("config.json", "optimizer_state_dict.pth");
    TorchWriter.zip(in.resolve("pytorch_model.bin"), two());
    Converter.convert(in, dir.resolve("out"), STANDARD);
    requireTwo(dir.resolve("out/model.safetensors"));
  }

  @Test
  void asksWhichOfTwoModelsIsMeant() throws IOException {
    var in = huggingFace("config.json");
    TorchWriter.zip(in.resolve("pytorch_model.bin"), two());
    TorchWriter.zip(in.resolve("best_model.pth"), two());
    var e = refused(in, dir.resolve("out"), STANDARD);
    assertEquals(ErrorCode.USAGE, e.code());
    assertEquals("has best_model.pth and pytorch_model.bin", e.what());
  }

  @Test
  void makesNoDirectoryThatIsCalledLikeAFile() {
    var e = refused(torch("w.pt"), dir.resolve("weights.bin"), STANDARD);
    assertEquals(ErrorCode.USAGE, e.code());
    assertFalse(Files.exists(dir.resolve("weights.bin")));
  }

  @Test
  void leavesNothingWhenItFailsHalfway() throws IOException {
    var in = torch("w.pt");
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

  @Test
  void saysHowFarItIs() {
    var told = new ArrayList<Long>();
    Converter.convert(
        torch("w.pt"),
        dir.resolve("out"),
        STANDARD,
        (bytes, total) -> {
          assertEquals(24, total);
          told.add(bytes);
        });
    assertEquals(List.of(8L, 24L), told);
  }

  private Path huggingFace(String... files) throws IOException {
    var in = Files.createDirectories(dir.resolve("hf"));
    for (var file : files) {
      Files.writeString(in.resolve(file), "content of " + file);
    }
    return in;
  }

  @Test
  void copiesWhatBelongsToAModelAndNothingElse() throws IOException {
    var in =
        huggingFace(
            "config.json",
            "vocab.txt",
            "tokenizer.json",
            "tokenizer_config.json",
            "secret.txt",
            "special_tokens_map.json",
            "preprocessor_config.json",
            "modeling_evil.py");
    TorchWriter.zip(in.resolve("pytorch_model.bin"), two());
    var out = dir.resolve("out");
    var done = Converter.convert(in, out, STANDARD);
    assertEquals(Kind.HUGGINGFACE, done.kind());
    assertEquals(
        List.of(
            "config.json",
            "model.safetensors",
            "preprocessor_config.json",
            "special_tokens_map.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "vocab.txt"),
        names(out));
    assertEquals("content of vocab.txt", Files.readString(out.resolve("vocab.txt")));
    requireTwo(out.resolve("model.safetensors"));
    assertFalse(done.toJson().toString().contains("secret"));
  }

  @Test
  void takesSafetensorsBeforePicklesAndNeverFallsBack() throws IOException { // X07, X08
    var in = huggingFace("config.json");
    SafeTensors.write(in.resolve("model.safetensors"), two(), Map.of());
    TorchWriter.zip(
        in.resolve("pytorch_model.bin"), Map.of("x", TensorSource.floats(Shape.of(1), 1)));
    var done = Converter.convert(in, dir.resolve("out"), STANDARD);
    assertEquals(List.of("model.safetensors is read, pytorch_model.bin is not"), done.notes());
    requireTwo(dir.resolve("out/model.safetensors"));

    Files.writeString(in.resolve("model.safetensors"), "broken");
    assertEquals(ErrorCode.SAFETENSORS, refused(in, dir.resolve("new"), STANDARD).code());
    assertFalse(Files.exists(dir.resolve("new")));
  }

  @Test
  void readsTheLinksOfTheCacheAndNoOthers() throws IOException { // X02
    var blobs = Files.createDirectories(dir.resolve("m/blobs"));
    var revision = Files.createDirectories(dir.resolve("m/snapshots/abc"));
    TorchWriter.zip(blobs.resolve("01"), two());
    Files.writeString(blobs.resolve("02"), "{}");
    Files.createSymbolicLink(revision.resolve("pytorch_model.bin"), Path.of("../../blobs/01"));
    Files.createSymbolicLink(revision.resolve("config.json"), Path.of("../../blobs/02"));
    Converter.convert(revision, dir.resolve("out"), STANDARD);
    requireTwo(dir.resolve("out/model.safetensors"));
    assertFalse(Files.isSymbolicLink(dir.resolve("out/config.json")));

    var secret = Files.writeString(dir.resolve("secret"), "secret");
    Files.createSymbolicLink(revision.resolve("vocab.txt"), secret);
    var e = refused(revision, dir.resolve("new"), STANDARD);
    assertTrue(e.what().contains("leads out of the model's directory"), e.what());
    assertFalse(Files.exists(dir.resolve("new")));
  }

  @Test
  void saysWhatADirectoryLacks() throws IOException {
    var e = refused(huggingFace("config.json"), dir.resolve("out"), STANDARD);
    assertEquals(ErrorCode.MODEL_FILE, e.code());
    assertTrue(e.what().contains("pytorch_model.bin"), e.what());
    assertEquals(
        ErrorCode.MODEL_FILE, refused(dir.resolve("no"), dir.resolve("out"), STANDARD).code());
  }
}
