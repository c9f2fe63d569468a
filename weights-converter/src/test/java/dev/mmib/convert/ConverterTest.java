package dev.mmib.convert;

import static dev.mmib.convert.TwoTensors.names;
import static dev.mmib.convert.TwoTensors.refused;
import static dev.mmib.convert.TwoTensors.requireTwo;
import static dev.mmib.convert.TwoTensors.two;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.convert.Conversion.Kind;
import dev.mmib.convert.torch.SavedValue;
import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.error.ErrorCode;
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

  private static final ConvertOptions STANDARD = ConvertOptions.STANDARD;

  @TempDir Path dir;

  private TwoTensors model() {
    return new TwoTensors(dir);
  }

  @Test
  void writesOneFileOrOneInADirectory() throws IOException {
    var in = model().torch("w.pt");
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
  void opensTablesOnlyWhereThereAreNoWeights() throws IOException {
    var in = model().huggingFace("config.json", "optimizer_state_dict.pth");
    TorchWriter.zip(in.resolve("pytorch_model.bin"), two());
    Converter.convert(in, dir.resolve("out"), STANDARD);
    requireTwo(dir.resolve("out/model.safetensors"));
  }

  @Test
  void asksWhichOfTwoModelsIsMeant() throws IOException {
    var in = model().huggingFace("config.json");
    TorchWriter.zip(in.resolve("pytorch_model.bin"), two());
    TorchWriter.zip(in.resolve("best_model.pth"), two());
    var e = refused(in, dir.resolve("out"), STANDARD);
    assertEquals(ErrorCode.USAGE, e.code());
    assertEquals("has best_model.pth and pytorch_model.bin", e.what());
  }

  @Test
  void saysHowFarItIs() {
    var told = new ArrayList<Long>();
    Converter.convert(
        model().torch("w.pt"),
        dir.resolve("out"),
        STANDARD,
        (bytes, total) -> {
          assertEquals(24, total);
          told.add(bytes);
        });
    assertEquals(List.of(8L, 24L), told);
  }

  @Test
  void copiesWhatBelongsToAModelAndNothingElse() throws IOException {
    var in =
        model()
            .huggingFace(
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
  void copiesNoConfigurationThatIsNone() throws IOException {
    var in = model().huggingFace("config.json");
    TorchWriter.zip(in.resolve("pytorch_model.bin"), two());
    Files.writeString(in.resolve("config.json"), "<!doctype html>");
    var e = refused(in, dir.resolve("out"), STANDARD);
    assertEquals(ErrorCode.CONFIG, e.code());
    assertFalse(Files.exists(dir.resolve("out")));
  }

  @Test
  void saysThatThereIsNoVocabulary() throws IOException {
    var in = model().huggingFace("config.json", "labels.json");
    TorchWriter.zip(
        in.resolve("pytorch_model.bin"),
        Map.of("bert.embeddings.word_embeddings.weight", TensorSource.floats(Shape.of(1), 1)));
    var done = Converter.convert(in, dir.resolve("out"), STANDARD);
    assertTrue(done.notes().toString().contains("no vocabulary to copy"), done.notes()::toString);
    assertEquals(List.of("config.json", "labels.json", "model.safetensors"), names(done.output()));
  }

  @Test
  void takesSafetensorsBeforePicklesAndNeverFallsBack() throws IOException { // X07, X08
    var in = model().huggingFace("config.json");
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
    var e = refused(model().huggingFace("config.json"), dir.resolve("out"), STANDARD);
    assertEquals(ErrorCode.MODEL_FILE, e.code());
    assertTrue(e.what().contains("pytorch_model.bin"), e.what());
    assertEquals(
        ErrorCode.MODEL_FILE, refused(dir.resolve("no"), dir.resolve("out"), STANDARD).code());
  }
}
