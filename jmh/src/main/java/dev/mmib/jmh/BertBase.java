package dev.mmib.jmh;

import dev.mmib.backend.Device;
import dev.mmib.backend.sizing.SizingBackend;
import dev.mmib.bert.Bert;
import dev.mmib.bert.BertConfig;
import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.nn.Initializer;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A model of the size of bert-base with random weights, 438 MB, in the directory that the property
 * {@link #DATA} names, or in the temporary one.
 */
public final class BertBase {

  /** The property that says where files of benchmarks are kept from one run to the next. */
  public static final String DATA = "mmib.benchmark.data";

  /** Without dropout: that of one engine draws other numbers than that of another. */
  public static final BertConfig CONFIG =
      BertConfig.of(30_522, 768, 12, 12, 3072).withDropout(0, 0);

  private static final Path DIRECTORY =
      Path.of(
          System.getProperty(DATA, System.getProperty("java.io.tmpdir")),
          "mmib-benchmark-bert-base");

  private BertBase() {}

  /** A HuggingFace directory with safetensors; made where it is not there yet. */
  public static Path directory() throws IOException {
    if (!Files.exists(DIRECTORY.resolve("config.json"))) {
      Files.createDirectories(DIRECTORY);
      SafeTensors.write(weights(), tensors(), Map.of("format", "pt"));
      var words = IntStream.range(4, CONFIG.vocabularySize()).mapToObj(i -> "w" + i);
      AtomicFile.write(
          DIRECTORY.resolve("vocab.txt"),
          words.collect(Collectors.joining("\n", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "\n")));
      AtomicFile.write(DIRECTORY.resolve("config.json"), Json.write(CONFIG.toJson()));
    }
    return DIRECTORY;
  }

  /** The safetensors of that directory. */
  public static Path weights() {
    return DIRECTORY.resolve("model.safetensors");
  }

  /** The same weights as torch.save writes them. */
  static Path pickled() throws IOException {
    var file = DIRECTORY.resolve("pytorch_model.bin");
    if (!Files.exists(file)) {
      Files.createDirectories(DIRECTORY);
      TorchWriter.zip(file, tensors());
    }
    return file;
  }

  /** A file beside them, for what a benchmark writes. */
  static Path scratch() {
    return DIRECTORY.resolve("scratch.safetensors");
  }

  static void delete() throws IOException {
    for (var name : List.of("config.json", "vocab.txt", "model.safetensors", "pytorch_model.bin")) {
      Files.deleteIfExists(DIRECTORY.resolve(name));
    }
    Files.deleteIfExists(scratch());
    Files.deleteIfExists(DIRECTORY);
  }

  private static Map<String, TensorSource> tensors() {
    var usual = Initializer.uniform(-0.05, 0.05);
    var norms = Initializer.uniform(0.9, 1.1);
    var tensors = new LinkedHashMap<String, TensorSource>();
    try (var java = Device.of("java").open();
        var sizes = new SizingBackend(java);
        var parameters = new Parameters(sizes, Weights.NONE)) {
      Bert.of(parameters.at("bert"), CONFIG);
      parameters
          .all()
          .forEach(
              (name, tensor) -> {
                var shape = tensor.shape();
                var fresh = name.endsWith("LayerNorm.weight") ? norms : usual;
                tensors.put(
                    name,
                    TensorSource.floats(
                        shape, (at, to, count) -> fresh.draw(1, name, shape, at, to, count)));
              });
    }
    return tensors;
  }
}
