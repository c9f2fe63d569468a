package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.backend.Device;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.sizing.SizingBackend;
import dev.mmib.bert.Bert;
import dev.mmib.bert.BertConfig;
import dev.mmib.fault.Child;
import dev.mmib.golden.Backends;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.train.ProcessMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process holds at most while it loads weights, with room on its heap for all of them. */
class LoadingMemoryTest {

  private static final BertConfig TINY = BertConfig.of(100, 8, 1, 1, 16);
  private static final BertConfig SMALL = BertConfig.of(8000, 512, 8, 8, 2048); // 119 MB
  private static final BertConfig BASE = BertConfig.of(30_522, 768, 12, 12, 3072); // 438 MB
  private static final long ALLOWED = 64 << 20;

  @TempDir Path dir;

  /** Loads a model and says the most that was resident; arguments: its directory, added tokens. */
  static final class Loading {

    private Loading() {}

    public static void main(String[] arguments) throws IOException {
      var directory = HuggingFaceDirectory.open(Path.of(arguments[0]));
      var config = directory.config();
      int tokens = config.vocabularySize() + Integer.parseInt(arguments[1]);
      try (var backend = Device.of("cpu").open();
          var stored = directory.weights();
          var parameters = new Parameters(backend, stored.bert(Weights.random(0)))) {
        Bert.of(parameters.at("bert"), config.withVocabularySize(tokens));
        System.out.println("peak " + ProcessMemory.peak() + " weights " + 4 * parameters.count());
      }
    }
  }

  @BeforeEach
  void needsLinuxAndOneDnn() throws IOException {
    assumeTrue(ProcessMemory.peak() > 0, "skipped: this system does not tell a process's peak");
    assumeTrue(
        Backends.present().stream().anyMatch(backend -> backend.name().equals("cpu")),
        "skipped: the device cpu is not present");
  }

  @Test
  void holdsTheWeightsAndLittleMore() throws Exception {
    write(SMALL, TensorType.F32);
    assertHoldsWeights(0);
  }

  @Test
  void holdsLittleMoreWhenNumbersAreConverted() throws Exception {
    write(SMALL, TensorType.F16);
    assertHoldsWeights(0);
  }

  @Test
  void holdsLittleMoreWhenTokensWereAdded() throws Exception {
    write(SMALL, TensorType.F32);
    assertHoldsWeights(4);
  }

  @Test
  void holdsTheWeightsOfBertBaseAndLittleMore() throws Exception {
    write(BASE, TensorType.F32);
    assertHoldsWeights(0);
  }

  private void assertHoldsWeights(int addedTokens) throws Exception {
    var big = figures(dir, addedTokens);
    write(TINY, TensorType.F32);
    var without = figures(dir, addedTokens);
    long weights = big[1] - without[1];
    long more = big[0] - without[0];
    assertTrue(
        more <= weights + ALLOWED,
        () -> (more >> 20) + " MiB more than without the weights of " + (weights >> 20) + " MiB");
    assertTrue(more >= weights / 2, () -> more + " bytes: the weights were not loaded");
  }

  private static long[] figures(Path directory, int addedTokens) throws Exception {
    var arguments = new String[] {directory.toString(), Integer.toString(addedTokens)};
    try (var child = Child.start(Loading.class, arguments)) {
      var line = child.await("peak");
      assertNotNull(line, () -> child.lines().toString());
      var words = line.split(" ");
      return new long[] {Long.parseLong(words[1]), Long.parseLong(words[3])};
    }
  }

  /** Writes a HuggingFace directory whose weights are all the same byte. */
  private void write(BertConfig config, TensorType type) {
    var tensors = new LinkedHashMap<String, TensorSource>();
    try (var java = new JavaBackend(1);
        var sizes = new SizingBackend(java);
        var parameters = new Parameters(sizes, Weights.NONE)) {
      Bert.of(parameters.at("bert"), config);
      parameters
          .all()
          .forEach(
              (name, tensor) -> {
                var dims = Arrays.stream(tensor.shape().dims()).mapToObj(d -> (long) d).toList();
                tensors.put(name, new TensorSource(type, dims, (at, to) -> fill(to, (byte) 0x3C)));
              });
    }
    SafeTensors.write(dir.resolve("model.safetensors"), tensors, Map.of());
    AtomicFile.write(dir.resolve("config.json"), Json.write(config.toJson()));
  }

  private static void fill(ByteBuffer bytes, byte value) {
    while (bytes.hasRemaining()) {
      bytes.put(value);
    }
  }
}
