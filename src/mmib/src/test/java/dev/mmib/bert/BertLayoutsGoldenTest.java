package dev.mmib.bert;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.golden.Backends;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenFile;
import dev.mmib.io.HuggingFaceDirectory;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The tiny golden BERT out of every layout of a HuggingFace directory. */
class BertLayoutsGoldenTest {

  private static final String WEIGHTS = "model.safetensors";
  private static final String HALF = "half_";

  @TempDir Path dir;

  @TestFactory
  Stream<DynamicTest> givesHiddenStatesAndGradientsOfEveryLayout() {
    return Golden.orSkipped(
        () -> {
          var group = Golden.require("bert-tiny");
          var file = GoldenFile.load("bert-tiny/expected");
          var layouts = published(group);
          assertTrue(!layouts.isEmpty(), "no layout of weights in " + group);
          var first = layouts.values().iterator().next();
          layouts.put("shards of " + first.getFileName(), sharded(first));
          layouts.put("the cache's links to " + first.getFileName(), cached(first));
          var whole =
              layouts.entrySet().stream()
                  .map(layout -> test(layout.getKey(), layout.getValue(), file, ""));
          return Stream.concat(whole, halves(group, first, file));
        });
  }

  /** Directories with a configuration and safetensors. */
  private static Map<String, Path> published(Path group) {
    try (var entries = Files.list(group)) {
      var all = new TreeMap<String, Path>();
      entries
          .filter(path -> Files.exists(path.resolve("config.json")))
          .filter(path -> Files.exists(path.resolve(WEIGHTS)))
          .forEach(path -> all.put(path.getFileName().toString(), path));
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Stream<DynamicTest> halves(Path group, Path model, GoldenFile file) {
    return file.cases().stream()
        .filter(one -> one.name().startsWith(HALF))
        .map(
            one -> {
              var type = one.name().substring(HALF.length());
              var layout = made("half-" + type);
              copy(model.resolve("config.json"), layout.resolve("config.json"));
              copy(group.resolve("half/model." + type + ".safetensors"), layout.resolve(WEIGHTS));
              return test("half precision, " + type, layout, file, one.name());
            });
  }

  /** All cases that store their weights in full, or the one of a name. */
  private static DynamicTest test(String name, Path layout, GoldenFile file, String only) {
    return DynamicTest.dynamicTest(
        name,
        () -> {
          var directory = HuggingFaceDirectory.open(layout);
          var config = directory.config().withDropout(0, 0);
          for (var backend : Backends.present()) {
            for (var one : file.cases()) {
              if (only.isEmpty() ? !one.name().startsWith(HALF) : one.name().equals(only)) {
                try (var weights = directory.weights()) {
                  BertGoldenTest.checkTiny(backend, config, weights, file, one);
                }
              }
            }
          }
        });
  }

  private Path sharded(Path model) {
    var layout = made("sharded");
    copy(model.resolve("config.json"), layout.resolve("config.json"));
    var parts = List.of(new TreeMap<String, TensorSource>(), new TreeMap<String, TensorSource>());
    var index = new JsonObject();
    try (var tensors = SafeTensors.open(model.resolve(WEIGHTS))) {
      for (var entry : tensors.tensors().values()) {
        int part = index.size() % 2;
        parts
            .get(part)
            .put(
                entry.name(),
                TensorSource.bytes(entry.type(), entry.dims(), tensors.readBytes(entry.name())));
        index.put(entry.name(), shard(part));
      }
      for (int part = 0; part < 2; part++) {
        SafeTensors.write(layout.resolve(shard(part)), parts.get(part), Map.of("format", "pt"));
      }
    }
    write(
        layout.resolve("model.safetensors.index.json"),
        Json.writeIndented(new JsonObject().put("weight_map", index)));
    return layout;
  }

  private static String shard(int part) {
    return "model-0000" + (part + 1) + "-of-00002.safetensors";
  }

  private Path cached(Path model) {
    var revision = made("models--tiny/snapshots/0123");
    var blobs = made("models--tiny/blobs");
    try {
      for (var name : List.of("config.json", WEIGHTS)) {
        copy(model.resolve(name), blobs.resolve(name.length() + "ab"));
        Files.createSymbolicLink(
            revision.resolve(name), Path.of("../../blobs/" + name.length() + "ab"));
      }
      return revision;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path made(String name) {
    try {
      return Files.createDirectories(dir.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
