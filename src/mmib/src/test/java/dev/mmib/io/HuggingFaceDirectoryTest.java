package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.bert.Bert;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.golden.Backends;
import dev.mmib.golden.Golden;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories as HuggingFace writes them, whole ones and broken ones. */
class HuggingFaceDirectoryTest {

  @TempDir Path dir;

  private Path model;

  @BeforeEach
  void copiesTheTinyModel() throws IOException {
    model = Golden.copy().resolve("bert-tiny/model");
    for (var name : new String[] {"config.json", "vocab.txt", "model.safetensors"}) {
      Files.copy(model.resolve(name), dir.resolve(name));
    }
  }

  private static Map<String, float[]> load(Path path) {
    var directory = HuggingFaceDirectory.open(path);
    try (var stored = directory.weights();
        var parameters =
            new Parameters(Backends.present().get(0), stored.bert(Weights.random(1)))) {
      var bert = Bert.of(parameters.at("bert"), directory.config());
      assertEquals(directory.config().layers(), bert.layers().size());
      try (var scope =
          dev.mmib.tensor.Scope.open(parameters.backend(), dev.mmib.tensor.Mode.INFER)) {
        return parameters.all().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().toFloats()));
      }
    }
  }

  private void assertLoadsTheSame(Path path) {
    var expected = load(model);
    var got = load(path);
    assertEquals(expected.keySet(), got.keySet());
    expected.forEach((name, values) -> assertArrayEquals(values, got.get(name), name));
  }

  /** Writes the weights again with other names; an empty name leaves a tensor out. */
  private void rename(UnaryOperator<String> name) throws IOException {
    write(name, new LinkedHashMap<>());
  }

  /** Writes the weights again with another tensor beside them. */
  private void add(String name, TensorSource tensor) throws IOException {
    write(UnaryOperator.identity(), new LinkedHashMap<>(Map.of(name, tensor)));
  }

  private void write(UnaryOperator<String> name, Map<String, TensorSource> tensors)
      throws IOException {
    try (var file = SafeTensors.open(model.resolve("model.safetensors"))) {
      file.tensors()
          .forEach(
              (old, entry) -> {
                var other = name.apply(old);
                if (!other.isEmpty()) {
                  tensors.put(
                      other, TensorSource.bytes(entry.type(), entry.dims(), file.readBytes(old)));
                }
              });
      SafeTensors.write(dir.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
    }
  }

  private void setConfig(String field, String value) throws IOException {
    var file = dir.resolve("config.json");
    Files.writeString(
        file,
        Files.readString(file)
            .replaceAll("\"" + field + "\": [^,\\n]*", "\"" + field + "\": " + value));
  }

  private MmibException refused(ErrorCode code) {
    var e = assertThrows(MmibException.class, () -> load(dir));
    assertEquals(code, e.code(), e.toString());
    return e;
  }

  @Test
  void loadsBothSpellingsOfTheLayerNormAndEitherPrefix() throws IOException { // S35d, e, f
    assertLoadsTheSame(dir);
    rename(
        name ->
            "bert."
                + name.replace("LayerNorm.weight", "LayerNorm.gamma")
                    .replace("LayerNorm.bias", "LayerNorm.beta"));
    assertLoadsTheSame(dir);
  }

  @Test
  void loadsAPretrainingCheckpointAndLeavesItsHeads() { // S35c, g
    var legacy = Golden.copy().resolve("bert-tiny/pretraining-legacy");
    assertEquals(load(model).keySet(), load(legacy).keySet());
    try (var stored = HuggingFaceDirectory.open(legacy).weights()) {
      stored.bert(Weights.random(1));
      assertTrue(stored.unread().stream().anyMatch(name -> name.startsWith("cls.")));
    }
  }

  @Test
  void refusesAClassifierOfOtherLabels() throws IOException { // C12
    var config = dir.resolve("config.json");
    var text = Files.readString(config);
    Files.writeString(
        config, text.replaceFirst("\\{", "{\"id2label\": {\"0\": \"A\", \"1\": \"B\"},"));
    assertLoadsTheSame(dir);
    add("classifier.weight", TensorSource.floats(Shape.of(2, 1), 1, 2));
    assertLoadsTheSame(dir);
    add("classifier.weight", TensorSource.floats(Shape.of(3, 1), 1, 2, 3));
    var e = refused(ErrorCode.WEIGHTS_MISMATCH);
    assertEquals("tensor 'classifier.weight'", e.position());
    assertTrue(e.what().contains("2 labels"), e::what);
  }

  @Test
  void startsAMissingPoolerAfresh() throws IOException {
    rename(name -> name.startsWith("pooler") ? "" : name);
    assertTrue(load(dir).containsKey("bert.pooler.dense.weight"));
  }

  @Test
  void loadsShardsByTheirIndex() throws IOException {
    var first = new LinkedHashMap<String, TensorSource>();
    var second = new LinkedHashMap<String, TensorSource>();
    var map = new JsonObject();
    try (var file = SafeTensors.open(dir.resolve("model.safetensors"))) {
      file.tensors()
          .forEach(
              (name, entry) -> {
                boolean early = name.contains("embeddings");
                (early ? first : second)
                    .put(
                        name, TensorSource.bytes(entry.type(), entry.dims(), file.readBytes(name)));
                map.put(name, early ? "model-1.safetensors" : "model-2.safetensors");
              });
      SafeTensors.write(dir.resolve("model-1.safetensors"), first, Map.of());
      SafeTensors.write(dir.resolve("model-2.safetensors"), second, Map.of());
    }
    Files.delete(dir.resolve("model.safetensors"));
    AtomicFile.write(
        dir.resolve("model.safetensors.index.json"),
        Json.write(new JsonObject().put("weight_map", map)));
    assertLoadsTheSame(dir);
  }

  @Test
  void refusesAShapeThatTheConfigurationDoesNotSay() throws IOException { // S35a
    setConfig("vocab_size", "130");
    var e = refused(ErrorCode.WEIGHTS_MISMATCH);
    assertEquals("tensor 'embeddings.word_embeddings.weight'", e.position());
    assertTrue(
        e.what()
            .matches(
                ".*\\[120, 32\\] vs \\[130, 32\\].*line 23:\\d+ says vocab_size = 130 and the"
                    + " vocabulary has 120 tokens"),
        e::what);
    setConfig("vocab_size", "120");
    setConfig("intermediate_size", "48");
    assertTrue(refused(ErrorCode.WEIGHTS_MISMATCH).what().contains("intermediate_size = 48"));
  }

  @Test
  void listsEveryMissingTensorAndTheNearestNames() throws IOException { // S35b
    rename(name -> name.replace("self.query", "self.qury"));
    var e = refused(ErrorCode.WEIGHTS_MISMATCH);
    assertTrue(e.what().startsWith("4 tensors are missing: 'bert.encoder.layer.0"), e::what);
    assertTrue(e.hint().contains("'encoder.layer.0.attention.self.qury.weight'"), e::hint);
    setConfig("num_hidden_layers", "3");
    assertTrue(refused(ErrorCode.WEIGHTS_MISMATCH).what().contains("…"));
  }

  @Test
  void refusesATensorThatIsThereUnderTwoNames() throws IOException {
    var tensors = new LinkedHashMap<String, TensorSource>();
    try (var file = SafeTensors.open(dir.resolve("model.safetensors"))) {
      file.tensors()
          .forEach(
              (name, entry) -> {
                var copy = TensorSource.bytes(entry.type(), entry.dims(), file.readBytes(name));
                tensors.put(name, copy);
                tensors.put("bert." + name, copy);
              });
    }
    SafeTensors.write(dir.resolve("model.safetensors"), tensors, Map.of());
    assertTrue(refused(ErrorCode.WEIGHTS_MISMATCH).what().contains("too"));
  }

  @Test
  void neverFallsBackToAPickle() throws IOException { // X07, X08
    Files.write(dir.resolve("pytorch_model.bin"), new byte[] {1, 2, 3});
    assertLoadsTheSame(dir);
    Files.write(dir.resolve("model.safetensors"), new byte[] {1, 2, 3});
    refused(ErrorCode.SAFETENSORS);
    Files.delete(dir.resolve("model.safetensors"));
    assertTrue(HuggingFaceDirectory.open(dir).hasWeights());
    assertTrue(refused(ErrorCode.MODEL_FILE).what().contains("pytorch_model.bin"));
  }

  @Test
  void saysThatThereAreNoWeights() throws IOException {
    Files.delete(dir.resolve("model.safetensors"));
    assertFalse(HuggingFaceDirectory.open(dir).hasWeights());
    refused(ErrorCode.MODEL_FILE);
  }

  @Test
  void refusesAVocabularyLargerThanTheTable() throws IOException {
    assertEquals(
        Files.readAllLines(dir.resolve("vocab.txt")).size(),
        HuggingFaceDirectory.open(dir).tokenizer().size());
    setConfig("vocab_size", "9");
    var e = assertThrows(MmibException.class, () -> HuggingFaceDirectory.open(dir).tokenizer());
    assertTrue(e.what().contains("vocab_size is 9"), e::what);
  }

  @Test
  void refusesWhatIsNoModelDirectory() throws IOException {
    Files.delete(dir.resolve("config.json"));
    assertThrows(MmibException.class, () -> HuggingFaceDirectory.open(dir));
    assertThrows(MmibException.class, () -> HuggingFaceDirectory.open(dir.resolve("none")));
    assertThrows(MmibException.class, () -> HuggingFaceDirectory.open(dir.resolve("vocab.txt")));
  }

  @Test
  void readsTheLinksOfTheCache() throws IOException { // X02b
    var revision = Files.createDirectories(dir.resolve("models--bert/snapshots/abc"));
    var blobs = Files.createDirectories(dir.resolve("models--bert/blobs"));
    for (var name : new String[] {"config.json", "vocab.txt", "model.safetensors"}) {
      Files.copy(model.resolve(name), blobs.resolve("blob-" + name));
      Files.createSymbolicLink(revision.resolve(name), Path.of("../../blobs/blob-" + name));
    }
    assertLoadsTheSame(revision);
  }
}
