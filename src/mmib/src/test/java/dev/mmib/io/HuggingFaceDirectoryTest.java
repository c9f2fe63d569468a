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
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
      try (var scope = Scope.open(parameters.backend(), Mode.INFER)) {
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
  void refusesWhatIsNoModelDirectory() throws IOException {
    Files.delete(dir.resolve("config.json"));
    assertThrows(MmibException.class, () -> HuggingFaceDirectory.open(dir));
    assertThrows(MmibException.class, () -> HuggingFaceDirectory.open(dir.resolve("none")));
    assertThrows(MmibException.class, () -> HuggingFaceDirectory.open(dir.resolve("vocab.txt")));
  }

  @Test
  void listsAllThatDoesNotFitInOneError() throws IOException { // S35a, b, c
    setConfig("intermediate_size", "48");
    rename(name -> name.replace("self.query", "self.qury"));
    var e = refused(ErrorCode.WEIGHTS_MISMATCH);
    assertTrue(e.what().contains("4 tensors are missing: 'bert.encoder.layer.0.att"), e::what);
    assertTrue(e.what().contains("6 tensors have another shape: 'encoder.layer.0.int"), e::what);
    assertTrue(e.what().contains("because config.json line 11:24 says intermediate"), e::what);
    assertTrue(e.what().contains("4 tensors are not expected: 'encoder.layer.0.at"), e::what);
    assertTrue(e.hint().contains("Near 'bert.encoder.layer.1.attention.self.query.bias': 'en"));
    assertTrue(e.hint().endsWith("Take config.json and the weights from the same model."));
  }

  @Test
  void boundsTheWorkOfNamingTheNearest() {
    var found = new LinkedHashMap<String, int[]>();
    for (int i = 0; i < 300_000; i++) {
      found.put(
          "encoder.layer." + i % 1000 + ".attention.slef.query.weight." + i / 1000, new int[] {1});
    }
    found.put("embeddings.word_embedings.weight", new int[] {120, 32});
    var directory = HuggingFaceDirectory.open(dir);
    var json = Json.parse("{}", "config.json").asObject();
    var check = new BertWeightCheck(dir, json, directory.config(), () -> -1);
    var e = assertThrows(MmibException.class, () -> check.check(found));
    assertTrue(e.what().contains("37 tensors are missing"), e::what);
    assertTrue(e.what().contains("300001 tensors are not expected"), e::what);
    assertTrue(e.hint().contains("'embeddings.word_embedings.weight'"), e::hint);
    assertTrue(e.toString().length() < 4000, e::toString);
  }

  @Test
  void v06eGivesAddedTokensFreshRowsOrThoseOfThePadding() throws IOException {
    var table = "bert.embeddings.word_embeddings.weight";
    var stored = load(dir).get(table);
    for (int size : new int[] {124, 120}) {
      var directory = HuggingFaceDirectory.open(dir);
      try (var weights = directory.weights();
          var parameters =
              new Parameters(Backends.present().get(0), weights.bert(Weights.random(1)))) {
        Bert.of(parameters.at("bert"), directory.config().withVocabularySize(size));
        var tensor = parameters.tensor(table);
        try (var scope = Scope.open(parameters.backend(), Mode.INFER)) {
          var values = tensor.toFloats();
          assertEquals(size * 32, values.length);
          assertArrayEquals(stored, Arrays.copyOf(values, 120 * 32));
          for (int i = 120 * 32; i < values.length; i++) {
            assertTrue(values[i] != 0 && Math.abs(values[i]) < 1, "a row that was drawn");
          }
        }
      }
    }
  }

  /** The layout of the cache: every file is a link. */
  private Path cache() throws IOException { // X02b
    var revision = Files.createDirectories(dir.resolve("models--bert/snapshots/abc"));
    var blobs = Files.createDirectories(dir.resolve("models--bert/blobs"));
    for (var name : TinyBert.FILES) {
      Files.copy(model.resolve(name), blobs.resolve("blob-" + name));
      Files.createSymbolicLink(revision.resolve(name), Path.of("../../blobs/blob-" + name));
    }
    return revision;
  }

  @Test
  void readsTheLinksOfTheCache() throws IOException {
    var revision = cache();
    assertLoadsTheSame(revision);
    var main = dir.resolve("models--bert/snapshots/main");
    Files.createSymbolicLink(main, Path.of("abc"));
    assertLoadsTheSame(main);
    assertEquals(120, HuggingFaceDirectory.open(main).tokenizer().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"config.json", "vocab.txt", "model.safetensors"})
  void followsNoLinkOutOfTheModel(String name) throws IOException { // X02c
    var revision = cache();
    Files.delete(revision.resolve(name));
    Files.createSymbolicLink(revision.resolve(name), dir.resolve(name));
    var e =
        assertThrows(
            MmibException.class,
            () -> {
              var directory = HuggingFaceDirectory.open(revision);
              directory.tokenizer();
              directory.weights().close();
            });
    assertTrue(e.what().contains("leads out of the model's directory"), e::toString);
    assertEquals(revision.resolve(name).toString(), e.file());
  }

  @Test
  void doesNotTakeAnotherModelsBlobs() throws IOException {
    var revision = cache();
    var other = Files.createDirectories(dir.resolve("models--other/blobs"));
    Files.copy(model.resolve("vocab.txt"), other.resolve("x"));
    Files.delete(revision.resolve("vocab.txt"));
    Files.createSymbolicLink(
        revision.resolve("vocab.txt"), Path.of("../../../models--other/blobs/x"));
    var directory = HuggingFaceDirectory.open(revision);
    var e = assertThrows(MmibException.class, directory::tokenizer);
    assertTrue(e.what().contains("leads out"), e::toString);
  }

  @Test
  void saysThatALinkLeadsNowhere() throws IOException {
    var revision = cache();
    Files.delete(dir.resolve("models--bert/blobs/blob-model.safetensors"));
    var directory = HuggingFaceDirectory.open(revision);
    var e = assertThrows(MmibException.class, directory::weights);
    assertTrue(e.what().contains("no such file"), e::toString);
  }
}
