package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.io.WeightIndex;
import dev.mmib.tensor.Shape;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;

/** Any bytes as the index of two shards that are there. */
class WeightIndexFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @BeforeEach
  void writeShards() {
    for (var name : new String[] {"a", "b"}) {
      SafeTensors.write(
          SCRATCH.directory().resolve(name + ".safetensors"),
          Map.of(name, TensorSource.floats(Shape.of(2), 1, 2)),
          Map.of());
    }
  }

  @DictionaryEntries({
    "\"weight_map\"",
    "\"metadata\"",
    "\"total_size\"",
    "\"a.safetensors\"",
    "\"b.safetensors\"",
    "\"a\"",
    "\"b\"",
    "../",
    "/",
    "\\\\",
    "\\x00",
    "model.safetensors.index.json",
    "..",
    "CON"
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 5_000_000)
  void readsOrRefusesAnIndex(byte[] data) {
    var file = SCRATCH.write("model.safetensors.index.json", data);
    Contract.hold(
        data.length,
        () -> {
          for (var shard : WeightIndex.read(file).shards()) {
            if (!shard.normalize().startsWith(SCRATCH.directory())) {
              throw new AssertionError("a shard outside the directory: " + shard);
            }
          }
        });
  }
}
