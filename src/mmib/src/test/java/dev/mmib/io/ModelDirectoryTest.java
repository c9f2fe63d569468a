package dev.mmib.io;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.bert.Bert;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.NerBatch;
import dev.mmib.data.RelationBatch;
import dev.mmib.data.RelationSet;
import dev.mmib.data.TagSet;
import dev.mmib.data.TextBatch;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Initializer;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Shape;
import dev.mmib.text.BertTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelDirectoryTest {

  private static final List<String> VOCABULARY =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "##d", "<s>", "<o>");
  private static final BertConfig BERT = BertConfig.of(VOCABULARY.size(), 24, 1, 4, 32);

  @TempDir Path directory;
  private final Backend backend = new JavaBackend(2);

  @AfterEach
  void leavesNothingBehind() {
    assertEquals(0, backend.memory().liveBuffers(), "live buffers after closing the models");
    backend.close();
  }

  private static BertTokenizer tokenizer() {
    return BertTokenizer.of(VOCABULARY, BertTokenizer.Options.uncased());
  }

  private static TextBatch texts() {
    int[] ids = {2, 9, 5, 10, 6, 3, 2, 9, 7, 10, 3, 0};
    return new TextBatch(2, 6, ids, new int[12], new int[] {6, 5});
  }

  private static NerBatch nerBatch() {
    var first = new boolean[12];
    Arrays.fill(first, 1, 5, true);
    Arrays.fill(first, 7, 10, true);
    return new NerBatch(texts(), new int[12], first);
  }

  private static RelationBatch relationBatch() {
    return new RelationBatch(texts(), new int[] {1, 1}, new int[] {3, 3}, new int[2]);
  }

  private NerModel ner(long seed) {
    return NerModel.create(
        backend, MmibConfig.of(Task.NER), BERT, TagSet.twitter(), Weights.random(seed));
  }

  private Path savedNer() {
    try (var model = ner(1)) {
      ModelDirectory.save(directory, model, tokenizer());
    }
    return directory;
  }

  @Test
  void givesTheSamePredictionsAfterLoading() {
    var training = new JsonObject().put("epochs", 3);
    try (var model = ner(1)) {
      ModelDirectory.save(directory, model, tokenizer(), training);
      var opened = ModelDirectory.open(directory);
      assertEquals(model.config(), opened.config());
      assertEquals(training, opened.training());
      assertEquals(VOCABULARY, opened.tokenizer().tokens());
      try (var loaded = (NerModel) opened.load(backend)) {
        assertEquals(model.tags(), loaded.tags());
        assertSameWeights(model, loaded);
        var expected = model.decode(nerBatch(), null);
        var found = loaded.decode(nerBatch(), null);
        for (int b = 0; b < expected.size(); b++) {
          assertArrayEquals(expected.get(b).tags(), found.get(b).tags());
          assertEquals(expected.get(b).entities(), found.get(b).entities());
        }
      }
    }
  }

  @Test
  void namesModelsBelowADirectoryThatIsNone() throws IOException {
    assertEquals("Give the directory of a trained model.", notAModel(directory).hint());
    for (var name : List.of("a/best", "b", "c/far/down", "d/half", "e/x", "f/x", "g/x", "h/x")) {
      var model = Files.createDirectories(directory.resolve(name));
      Files.writeString(model.resolve("config.json"), "{}");
      if (!name.equals("d/half")) {
        Files.writeString(model.resolve("model.safetensors"), "");
      }
    }
    var e = notAModel(directory);
    assertEquals(ErrorCode.CONFIG, e.code());
    assertEquals("is no model's directory: it has no config.json", e.what());
    var named = Stream.of("b", "a/best", "e/x", "f/x").map(directory::resolve).map(Path::toString);
    assertEquals("Below it are models: " + named.collect(joining(", ")) + ".", e.hint());
  }

  private static MmibException notAModel(Path path) {
    return assertThrows(MmibException.class, () -> ModelDirectory.open(path));
  }

  @Test
  void givesTheSameRelationsAfterLoading() {
    var relations = RelationSet.of(List.of("None", "peer", "\"odd\" relation"));
    try (var model =
        RelationModel.create(backend, MmibConfig.of(Task.RE), BERT, relations, Weights.random(2))) {
      ModelDirectory.save(directory, model, tokenizer());
      try (var loaded = (RelationModel) ModelDirectory.open(directory).load(backend)) {
        assertEquals(relations, loaded.relations());
        assertArrayEquals(
            model.decode(relationBatch(), null).get(1).probabilities(),
            loaded.decode(relationBatch(), null).get(1).probabilities());
      }
    }
  }

  private void assertSameWeights(MmibModel one, MmibModel other) {
    assertEquals(one.parameters().all().keySet(), other.parameters().all().keySet());
    one.parameters()
        .all()
        .forEach(
            (name, tensor) -> {
              var expected = new float[tensor.shape().size()];
              var got = new float[expected.length];
              backend.download(tensor.buffer(), 0, expected, 0, expected.length);
              var twin = other.parameters().tensor(name).buffer();
              backend.download(twin, 0, got, 0, got.length);
              assertArrayEquals(expected, got, name);
            });
  }

  @Test
  void isABertForThePythonWorld() {
    savedNer();
    var config = Json.read(directory.resolve("config.json"), ErrorCode.CONFIG).asObject();
    assertEquals("bert", config.string("model_type"));
    try (var stored = StoredWeights.open(directory.resolve("model.safetensors"));
        var bert = new Parameters(backend, stored.bert(Weights.random(0)))) {
      Bert.of(bert.at("bert"), BertConfig.fromJson(config));
      assertTrue(stored.shapes().containsKey("bert.pooler.dense.weight"));
      assertTrue(stored.unread().stream().noneMatch(name -> name.startsWith("bert.")));
    }
  }

  @Test
  void drawsRowsOfAddedTokensAfresh() {
    savedNer();
    int more = VOCABULARY.size() + 2;
    try (var stored = StoredWeights.open(directory.resolve("model.safetensors"));
        var bert = new Parameters(backend, stored.bert(Weights.random(0)))) {
      Bert.of(bert.at("bert"), BERT.withVocabularySize(more));
      var table = bert.tensor("bert.embeddings.word_embeddings.weight");
      assertEquals(Shape.of(more, 24), table.shape());
      var got = new float[table.shape().size()];
      backend.download(table.buffer(), 0, got, 0, got.length);
      var known =
          stored
              .all()
              .values(
                  "bert.embeddings.word_embeddings.weight",
                  Shape.of(VOCABULARY.size(), 24),
                  Initializer.ZEROS)
              .toArray();
      assertArrayEquals(known, Arrays.copyOf(got, known.length));
      assertTrue(got[known.length] != 0);
    }
  }

  @Test
  void namesAWeightThatIsMissing() throws Exception {
    savedNer();
    rewrite("crf.transitions", null);
    var error = assertThrows(MmibException.class, this::load);
    assertEquals(ErrorCode.WEIGHTS_MISMATCH, error.code());
    assertTrue(error.toString().contains("crf.transitions"), error.toString());
  }

  @Test
  void namesBothShapesOfAWeightThatDoesNotFit() throws Exception {
    savedNer();
    rewrite("head.bias", TensorSource.floats(Shape.of(3), 1, 2, 3));
    var error = assertThrows(MmibException.class, this::load);
    assertEquals(ErrorCode.WEIGHTS_MISMATCH, error.code());
    assertTrue(error.toString().contains("[3]"), error.toString());
    assertTrue(error.toString().contains("[13]"), error.toString());
  }

  /** Writes the weights again with one changed, or left out if {@code other} is null. */
  private void rewrite(String name, @Nullable TensorSource other) {
    var file = directory.resolve("model.safetensors");
    var tensors = new TreeMap<String, TensorSource>();
    try (var stored = SafeTensors.open(file)) {
      for (var entry : stored.tensors().values()) {
        var dims = entry.dims().stream().mapToInt(Long::intValue).toArray();
        tensors.put(
            entry.name(), TensorSource.floats(Shape.of(dims), stored.readFloats(entry.name())));
      }
    }
    if (other == null) {
      tensors.remove(name);
    } else {
      tensors.put(name, other);
    }
    SafeTensors.write(file, tensors, Map.of());
  }

  private void load() {
    ModelDirectory.open(directory).load(backend).close();
  }

  @Test
  void refusesAnotherDirectory() throws Exception {
    var nowhere = directory.resolve("nowhere");
    assertEquals(
        ErrorCode.MODEL_FILE,
        assertThrows(MmibException.class, () -> ModelDirectory.open(nowhere)).code());
    Files.writeString(directory.resolve("config.json"), Json.write(BERT.toJson()));
    var error = assertThrows(MmibException.class, () -> ModelDirectory.open(directory));
    assertEquals(ErrorCode.CONFIG, error.code());
    assertTrue(error.toString().contains("mmib"), error.toString());
  }

  @Test
  void refusesAVocabularyLargerThanTheModel() throws Exception {
    savedNer();
    Files.writeString(directory.resolve("vocab.txt"), String.join("\n", VOCABULARY) + "\nmore\n");
    var opened = ModelDirectory.open(directory);
    var error = assertThrows(MmibException.class, opened::tokenizer);
    assertEquals(ErrorCode.VOCABULARY, error.code());
    assertTrue(error.toString().contains("12"), error.toString());
  }

  @Test
  void refusesLabelsThatAreNone() throws Exception {
    savedNer();
    Files.writeString(directory.resolve("labels.json"), "{\"labels\": [\"PAD\", \"O\"]}");
    assertEquals(ErrorCode.LABELS, assertThrows(MmibException.class, this::load).code());
    Files.delete(directory.resolve("labels.json"));
    assertEquals(ErrorCode.MODEL_FILE, assertThrows(MmibException.class, this::load).code());
  }
}
