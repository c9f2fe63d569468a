package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.sizing.SizingBackend;
import dev.mmib.bert.Bert;
import dev.mmib.bert.BertConfig;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Cost;
import dev.mmib.nn.Initializer;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.resnet.ResNet;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sound files whose tensors are more, less or others than the model's; ids of the catalogue. */
class WeightFitTest {

  private static final BertConfig CONFIG = BertConfig.of(40, 16, 2, 2, 32);
  private static final Initializer NUMBERS = Initializer.uniform(-1, 1);
  private static final String QUERY = "encoder.layer.1.attention.self.query.bias";

  @TempDir Path dir;

  /** The tensors of a BERT by HuggingFace's names without a prefix. */
  private static Map<String, TensorSource> bert() {
    var tensors = new LinkedHashMap<String, TensorSource>();
    try (var java = new JavaBackend(1);
        var sizes = new SizingBackend(java);
        var parameters = new Parameters(sizes, Weights.NONE)) {
      Bert.of(parameters.at("bert"), CONFIG);
      parameters
          .all()
          .forEach(
              (name, tensor) ->
                  tensors.put(name.substring("bert.".length()), random(name, tensor.shape())));
    }
    return tensors;
  }

  private static TensorSource random(String name, Shape shape) {
    return TensorSource.floats(shape, NUMBERS.values(3, name, shape).toArray());
  }

  private void write(Map<String, TensorSource> tensors) {
    AtomicFile.write(dir.resolve("config.json"), Json.write(CONFIG.toJson()));
    SafeTensors.write(dir.resolve("model.safetensors"), tensors, Map.of());
  }

  /** Loads the directory; the names that belong to no weight. */
  private Set<String> load() {
    try (var backend = new JavaBackend(1);
        var stored = HuggingFaceDirectory.open(dir).weights();
        var parameters = new Parameters(backend, stored.bert(Weights.random(1)))) {
      Bert.of(parameters.at("bert"), CONFIG);
      parameters
          .all()
          .forEach(
              (name, tensor) -> {
                var got = new float[tensor.shape().size()];
                backend.download(tensor.buffer(), 0, got, 0, got.length);
                assertArrayEquals(NUMBERS.values(3, name, tensor.shape()).toArray(), got, name);
              });
      return stored.unread();
    }
  }

  private static Arguments row(
      String id, Consumer<Map<String, TensorSource>> change, String... unread) {
    return Arguments.of(id, change, Set.of(unread));
  }

  private static Consumer<Map<String, TensorSource>> renamed(UnaryOperator<String> name) {
    return tensors -> {
      var others = new LinkedHashMap<String, TensorSource>();
      tensors.forEach((old, tensor) -> others.put(name.apply(old), tensor));
      tensors.clear();
      tensors.putAll(others);
    };
  }

  private static Consumer<Map<String, TensorSource>> with(String name, TensorSource tensor) {
    return tensors -> tensors.put(name, tensor);
  }

  private static String legacy(String name) {
    return name.replace("LayerNorm.weight", "LayerNorm.gamma")
        .replace("LayerNorm.bias", "LayerNorm.beta");
  }

  static Stream<Arguments> mustBeRead() {
    var positions = TensorSource.longs(Shape.of(1, 2), 0, 1);
    var floats = TensorSource.floats(Shape.of(2), 1, 2);
    var decoder = random("decoder", Shape.of(40, 16));
    return Stream.of(
        row("S35: as it is", tensors -> {}),
        row("S35c: unexpected head", with("cls.seq_relationship.weight", floats), "cls.seq_"),
        row("S35d: prefix bert.", renamed(name -> "bert." + name)),
        row("S35e: LayerNorm.gamma and beta", renamed(WeightFitTest::legacy)),
        row("S35d, e: both", renamed(name -> "bert." + legacy(name))),
        row("S35f: position_ids", with("embeddings.position_ids", positions), "embeddings.pos"),
        row("S35g: tied decoder", with("cls.predictions.decoder.weight", decoder), "cls.predic"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mustBeRead")
  void reads(String id, Consumer<Map<String, TensorSource>> change, Set<String> unread) {
    var tensors = bert();
    change.accept(tensors);
    write(tensors);
    var names = load();
    assertEquals(unread.size(), names.size(), id);
    assertTrue(names.stream().allMatch(n -> unread.stream().anyMatch(n::startsWith)), id);
  }

  static Stream<Arguments> mustBeRefused() {
    var query = "'encoder.layer.1.attention.self.query.bias'";
    return Stream.of(
        Arguments.of("S35a: shape", with(QUERY, random("q", Shape.of(17))), "[17]"),
        Arguments.of("S35a: rank", with(QUERY, random("q", Shape.of(16, 1))), "[16, 1]"),
        Arguments.of(
            "S35a: more words than vocab_size",
            with("embeddings.word_embeddings.weight", random("w", Shape.of(41, 16))),
            "vocab_size = 40"),
        Arguments.of(
            "S35b: missing",
            (Consumer<Map<String, TensorSource>>) tensors -> tensors.remove(QUERY),
            query.replace("'encoder", "'bert.encoder")),
        Arguments.of(
            "S35b: a layer's tensors are missing",
            renamed(name -> name.replace("layer.1.", "layer.7.")),
            "16 tensors are missing"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mustBeRefused")
  void refuses(String id, Consumer<Map<String, TensorSource>> change, String piece)
      throws IOException {
    var tensors = bert();
    change.accept(tensors);
    write(tensors);
    var e = assertThrows(MmibException.class, this::load);
    assertEquals(ErrorCode.WEIGHTS_MISMATCH, e.code(), id);
    assertTrue(e.toString().contains(piece), e::toString);
    assertFalse(Cost.isOpen(dir.resolve("model.safetensors")), "left open");
  }

  @Test
  @DisplayName("S35h: num_batches_tracked")
  void readsAResNetWithItsCounters() {
    var config = ResNetConfig.named("tiny");
    var tensors = new LinkedHashMap<String, TensorSource>();
    var counters = new TreeSet<String>();
    try (var java = new JavaBackend(1);
        var drawn = new Parameters(java, Weights.random(3))) {
      ResNet.of(drawn.at("resnet"), config);
      drawn
          .all()
          .forEach(
              (name, tensor) -> {
                var values = new float[tensor.shape().size()];
                java.download(tensor.buffer(), 0, values, 0, values.length);
                var bare = name.substring("resnet.".length());
                tensors.put(bare, TensorSource.floats(tensor.shape(), values));
                if (bare.endsWith("running_var")) {
                  var counter = bare.replace("running_var", "num_batches_tracked");
                  tensors.put(counter, TensorSource.longs(Shape.of(), 7));
                  counters.add(counter);
                }
              });
    }
    SafeTensors.write(dir.resolve("model.safetensors"), tensors, Map.of());
    try (var backend = new JavaBackend(1);
        var stored = ResNetSource.open(dir).weights();
        var parameters = new Parameters(backend, stored.resnet(Weights.random(1)))) {
      ResNet.of(parameters.at("resnet"), config);
      assertEquals(counters, stored.unread());
    }
  }

  @Test
  @DisplayName("X07: safetensors and pickles side by side")
  void readsTheSafetensorsWhereBothAre() throws IOException {
    write(bert());
    Files.write(dir.resolve("pytorch_model.bin"), new byte[] {1, 2, 3});
    assertEquals(Set.of(), load());
  }

  @Test
  @DisplayName("X08: broken safetensors beside pickles")
  void neverFallsBackToAPickle() throws IOException {
    write(bert());
    Files.write(dir.resolve("pytorch_model.bin"), new byte[] {1, 2, 3});
    Files.write(dir.resolve("model.safetensors"), new byte[] {1, 2, 3});
    assertEquals(ErrorCode.SAFETENSORS, assertThrows(MmibException.class, this::load).code());
  }
}
