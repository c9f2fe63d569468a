package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.mmib.backend.Backend;
import dev.mmib.backend.sizing.SizingBackend;
import dev.mmib.bert.Bert;
import dev.mmib.bert.BertConfig;
import dev.mmib.bert.BertGoldenTest;
import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.golden.Backends;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.golden.GoldenHash;
import dev.mmib.golden.GoldenHash.Range;
import dev.mmib.io.FileTree;
import dev.mmib.io.HuggingFaceDirectory;
import dev.mmib.io.Json;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.StoredWeights;
import dev.mmib.io.TensorSource;
import dev.mmib.nn.Linear;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.resnet.ResNet;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.resnet.ResNetGoldenTest;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Golden values of models whose weights went through a format and the converter. */
class RoundTripGoldenTest {

  private static final BertConfig BASE = BertConfig.of(30522, 768, 12, 12, 3072);

  /** How weights come to the converter. */
  enum Format {
    SAFETENSORS,
    SHARDED_SAFETENSORS,
    ZIP,
    STREAM,
    SHARDED_ZIP;

    void write(Path directory, Map<String, TensorSource> tensors) {
      switch (this) {
        case SAFETENSORS ->
            SafeTensors.write(directory.resolve("model.safetensors"), tensors, Map.of());
        case SHARDED_SAFETENSORS -> Sharded.SAFETENSORS.write(directory, tensors, 3);
        case ZIP -> TorchWriter.zip(directory.resolve("pytorch_model.bin"), tensors);
        case STREAM -> TorchWriter.legacy(directory.resolve("pytorch_model.bin"), tensors);
        case SHARDED_ZIP -> Sharded.PICKLES.write(directory, tensors, 3);
      }
    }
  }

  /** The fastest device: what the devices compute is compared elsewhere. */
  private static Backend backend() {
    return Backends.present().stream()
        .filter(backend -> backend.name().equals("cpu"))
        .findFirst()
        .orElse(Backends.present().get(0));
  }

  /** Tensors of these names and shapes by the rule of the golden values, made when written. */
  private static Map<String, TensorSource> tensors(
      Consumer<Parameters> model, long seed, BiFunction<String, int[], Range> rule) {
    var hash = new GoldenHash(seed);
    var made = new Made();
    var tensors = new LinkedHashMap<String, TensorSource>();
    try (var sizes = new SizingBackend(backend());
        var parameters = new Parameters(sizes, Weights.NONE)) {
      model.accept(parameters);
      parameters
          .all()
          .forEach(
              (name, tensor) -> {
                var shape = tensor.shape();
                var range = rule.apply(name, shape.dims());
                tensors.put(
                    name,
                    TensorSource.floats(
                        shape,
                        (at, to, count) ->
                            System.arraycopy(made.of(hash, name, shape, range), at, to, 0, count)));
              });
    }
    return tensors;
  }

  /** The tensor that was made last: writers ask for a tensor's runs one after the other. */
  private static final class Made {
    private String name = "";
    private float[] values = new float[0];

    float[] of(GoldenHash hash, String wanted, Shape shape, Range range) {
      if (!name.equals(wanted)) {
        values = hash.uniform(wanted.replaceFirst("^bert\\.", ""), shape.size(), range);
        name = wanted;
      }
      return values;
    }
  }

  private static void bertBase(Path dir, Format format) throws IOException {
    Golden.require("bert-base");
    var golden = GoldenFile.load("bert-base/expected");
    var in = Files.createDirectory(dir.resolve("in"));
    format.write(
        in,
        tensors(
            parameters -> Bert.of(parameters.at("bert"), BASE),
            golden.json().longInteger("weight_seed"),
            (name, dims) -> GoldenHash.bertRule(name.substring("bert.".length()), dims)));
    Files.writeString(in.resolve("config.json"), Json.write(BASE.toJson()));
    var out = dir.resolve("out");
    Converter.convert(in, out, ConvertOptions.STANDARD);
    FileTree.delete(in);
    var directory = HuggingFaceDirectory.open(out);
    assertEquals(BASE, directory.config());
    try (var stored = directory.weights();
        var parameters = new Parameters(backend(), stored.bert(Weights.random(1)))) {
      var bert = Bert.of(parameters.at("bert"), directory.config());
      assertFalse(golden.cases().isEmpty());
      for (var one : golden.cases()) {
        BertGoldenTest.checkBase(backend(), bert, golden, one);
      }
    }
    FileTree.delete(out);
  }

  @ParameterizedTest
  @EnumSource
  void keepsBertBase(Format format, @TempDir Path dir) throws IOException {
    bertBase(dir, format);
  }

  @ParameterizedTest
  @EnumSource
  void keepsResnet50(Format format, @TempDir Path dir) throws IOException {
    Golden.require("resnet50");
    var golden = GoldenFile.load("resnet50/expected");
    var in = Files.createDirectory(dir.resolve("in"));
    var network = ResNetConfig.named("resnet50");
    format.write(
        in,
        tensors(
            parameters -> {
              ResNet.of(parameters, network);
              Linear.of(parameters.at("fc"), network.features(), 1000);
            },
            golden.json().longInteger("weight_seed"),
            GoldenHash::resnet50Rule));
    var out = dir.resolve("resnet.safetensors");
    Converter.convert(in, out, ConvertOptions.STANDARD);
    try (var stored = StoredWeights.open(out);
        var parameters = new Parameters(backend(), stored.all())) {
      assertEquals(network, ResNetConfig.ofShapes(stored.shapes()).orElseThrow());
      var resnet = ResNet.of(parameters, network);
      var classifier = Linear.of(parameters.at("fc"), network.features(), 1000);
      var one = smallest(golden);
      ResNetGoldenTest.check(backend(), parameters, resnet, classifier, golden, one);
      assertEquals(List.of(), List.copyOf(stored.unread()));
    }
  }

  /** The case of the fewest pixels without gradients. */
  private static GoldenCase smallest(GoldenFile golden) {
    return golden.cases().stream()
        .filter(one -> one.json().absent("loss"))
        .min(java.util.Comparator.comparingInt(RoundTripGoldenTest::pixels))
        .orElseThrow();
  }

  private static int pixels(GoldenCase one) {
    return Shape.of(one.json().object("input").array("shape").ints()).size();
  }

  @Test
  void readsEveryLayoutOfBertTiny(@TempDir Path dir) throws IOException {
    var group = Golden.require("bert-tiny");
    var golden = GoldenFile.load("bert-tiny/expected");
    for (var layout : layouts(group)) {
      var in = Files.createDirectory(dir.resolve("in-" + layout.getFileName()));
      for (var file : FileTree.entries(layout)) {
        if (!file.toString().endsWith(".safetensors")) { // so that the pickles are taken
          Files.copy(file, in.resolve(file.getFileName()));
        }
      }
      var out = dir.resolve("out-" + layout.getFileName());
      var done = Converter.convert(in, out, ConvertOptions.STANDARD);
      assertEquals(Conversion.Kind.HUGGINGFACE, done.kind());
      assertSame(layout.resolve("model.safetensors"), out.resolve("model.safetensors"));
      for (var one : golden.cases()) {
        if (!one.name().startsWith("half_")) {
          check(out.resolve("model.safetensors"), golden, one);
        }
      }
      if (Files.exists(out.resolve("vocab.txt"))) {
        assertEquals(120, HuggingFaceDirectory.open(out).tokenizer().size());
      }
    }
  }

  private static void check(Path weights, GoldenFile golden, GoldenCase one) {
    BertGoldenTest.checkTiny(backend(), BertGoldenTest.configBeside(weights), weights, golden, one);
  }

  private static List<Path> layouts(Path group) throws IOException {
    try (Stream<Path> entries = Files.list(group)) {
      var layouts =
          entries.filter(entry -> Files.exists(entry.resolve("config.json"))).sorted().toList();
      assertFalse(layouts.isEmpty(), "no layout in " + group);
      return layouts;
    }
  }

  /** Where a layout has the same model as safetensors, written by Python: equal to the bit. */
  private static void assertSame(Path wanted, Path got) {
    if (!Files.exists(wanted)) {
      return;
    }
    try (var expected = SafeTensors.open(wanted);
        var actual = SafeTensors.open(got)) {
      for (var entry : expected.tensors().values()) {
        var same = actual.entry(entry.name());
        assertEquals(entry.type(), same.type(), entry.name());
        assertEquals(entry.dims(), same.dims(), entry.name());
        assertEquals(
            java.nio.ByteBuffer.wrap(expected.readBytes(entry.name())),
            java.nio.ByteBuffer.wrap(actual.readBytes(entry.name())),
            entry.name());
      }
    }
  }

  @Test
  void keepsHalfPrecision(@TempDir Path dir) {
    var group = Golden.require("bert-tiny");
    var golden = GoldenFile.load("bert-tiny/expected");
    var config = BertGoldenTest.configBeside(group.resolve("model/model.safetensors"));
    var out = dir.resolve("half.safetensors");
    Converter.convert(group.resolve("half/pytorch_model.fp16.bin"), out, ConvertOptions.STANDARD);
    assertSame(group.resolve("half/model.fp16.safetensors"), out);
    for (var one : golden.cases()) {
      if (one.name().equals("half_fp16")) {
        BertGoldenTest.checkTiny(backend(), config, out, golden, one);
      }
    }
  }
}
