package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Indexes of sharded weights, right and hostile ones; the ids are those of the catalogue. */
class WeightIndexTest {

  @TempDir Path dir;

  private Path index(String json) throws IOException {
    return Files.writeString(dir.resolve("model.safetensors.index.json"), json);
  }

  private void shard(Path file, String... tensors) {
    var one = TensorSource.floats(Shape.of(1), 1f);
    SafeTensors.write(
        file,
        java.util.Arrays.stream(tensors).collect(Collectors.toMap(t -> t, t -> one)),
        Map.of());
  }

  private static String map(String... pairs) {
    return IntStream.range(0, pairs.length / 2)
        .mapToObj(i -> "\"" + pairs[2 * i] + "\":\"" + pairs[2 * i + 1] + "\"")
        .collect(Collectors.joining(",", "{\"weight_map\":{", "}}"));
  }

  private void refused(String json, String what) throws IOException {
    var file = index(json);
    var e = assertThrows(MmibException.class, () -> WeightIndex.read(file).shards());
    assertTrue(
        e.code() == ErrorCode.WEIGHT_INDEX || e.code() == ErrorCode.SAFETENSORS, e.toString());
    assertTrue(e.what().contains(what), e::what);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"../x\"",
        "\"/abs\"",
        "\"a/../../b\"",
        "\"C:\\\\x\"",
        "\"..\\\\x\"",
        "\"a\\u0000b\"",
        "\"\"",
        "\".\"",
        "\"..\"",
        "\".hidden\"",
        "7",
        "null",
        "[]",
        "\"//host/x\"",
        "\"CON\"",
        "\"con.safetensors\"",
        "\"LPT1.x\"",
        "\"model.safetensors.index.json\"",
        "\"a b\"",
        "\"\u202ex\""
      })
  void refusesEveryShardThatIsNotAPlainName(String value) throws IOException { // X01, X03c
    var file = index("{\"weight_map\":{\"t\":" + value + "}}");
    var e = assertThrows(MmibException.class, () -> WeightIndex.read(file));
    assertEquals(ErrorCode.WEIGHT_INDEX, e.code());
    assertTrue(e.position() != null, e::what);
  }

  @Test
  void refusesANameOfFiveKilobytes() throws IOException { // X01j
    refused(map("t", "x".repeat(5000)), "not the plain name");
  }

  @Test
  void readsShardsAndToleratesWhatDoesNotMatter() throws IOException { // X04c, X05
    shard(dir.resolve("a.safetensors"), "x", "extra");
    shard(dir.resolve("b.safetensors"), "y");
    for (var total : List.of("12", "999", "-1", "\"many\"", "null")) {
      var file =
          index(
              "{\"metadata\":{\"total_size\":"
                  + total
                  + "},\"weight_map\":{\"x\":\"a.safetensors\",\"y\":\"b.safetensors\"}}");
      assertEquals(2, WeightIndex.read(file).shards().size());
    }
  }

  @Test
  void refusesWhenIndexAndShardsDisagree() throws IOException { // X03d, X04
    shard(dir.resolve("a.safetensors"), "x");
    shard(dir.resolve("b.safetensors"), "x", "y");
    refused(map("x", "a.safetensors", "y", "missing.safetensors"), "is missing");
    refused(map("x", "a.safetensors", "z", "a.safetensors"), "'z' is not in a.safetensors");
    refused(map("x", "a.safetensors", "y", "b.safetensors"), "'x' is in a.safetensors and in b");
    refused(map("x", "a.safetensors", "x", "a.safetensors"), "duplicate key 'x'");
    refused("{\"weight_map\":{}}", "weight_map is empty");
    refused("{}", "no member 'weight_map'");
    refused("[]", "expected an object");
  }

  @Test
  void refusesDirectoriesAndPipesWithoutHanging() throws Exception { // X03a, b
    Files.createDirectory(dir.resolve("d"));
    refused(map("x", "d"), "is a directory");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "needs mkfifo");
    var fifo = dir.resolve("fifo");
    assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
    assertTimeoutPreemptively(
        Duration.ofSeconds(5), () -> refused(map("x", "fifo"), "not a regular file"));
  }

  @Test
  void followsLinksInsideTheModelAndIntoTheCacheOnly() throws IOException { // X02
    shard(dir.resolve("real.safetensors"), "x");
    Files.createSymbolicLink(dir.resolve("inside.safetensors"), Path.of("real.safetensors"));
    assertEquals(1, WeightIndex.read(index(map("x", "inside.safetensors"))).shards().size());

    var revision = Files.createDirectories(dir.resolve("models--x/snapshots/abc"));
    var blobs = Files.createDirectories(dir.resolve("models--x/blobs"));
    shard(blobs.resolve("0123"), "x");
    Files.createSymbolicLink(revision.resolve("s.safetensors"), Path.of("../../blobs/0123"));
    var cached = revision.resolve("model.safetensors.index.json");
    Files.writeString(cached, map("x", "s.safetensors"));
    assertEquals(1, WeightIndex.read(cached).shards().size());

    Files.delete(revision.resolve("s.safetensors"));
    Files.createSymbolicLink(revision.resolve("s.safetensors"), dir.resolve("real.safetensors"));
    var e = assertThrows(MmibException.class, () -> WeightIndex.read(cached).shards());
    assertTrue(e.what().contains("leads out of the model's directory"), e::what);
  }

  @Test
  void boundsTheIndex() throws IOException { // X06
    var file = dir.resolve("model.safetensors.index.json");
    Files.write(file, new byte[Json.LARGEST_FILE + 1]);
    var e = assertThrows(MmibException.class, () -> WeightIndex.read(file));
    assertTrue(e.what().contains("at most"), e::what);
  }
}
