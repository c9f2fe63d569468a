package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Cost;
import dev.mmib.fault.Warnings;
import dev.mmib.nn.Initializer;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Indexes of sharded weights, right and hostile ones; the ids are those of the catalogue. */
class WeightIndexTest {

  private static final String NAME = "model.safetensors.index.json";

  @TempDir Path dir;

  /** Shards a with x and extra, b with y, again with x. */
  @BeforeEach
  void writeShards() {
    shard(dir.resolve("a.safetensors"), "x", "extra");
    shard(dir.resolve("b.safetensors"), "y");
    shard(dir.resolve("again.safetensors"), "x");
  }

  private static void shard(Path file, String... tensors) {
    SafeTensors.write(
        file,
        Arrays.stream(tensors)
            .collect(Collectors.toMap(t -> t, t -> TensorSource.floats(Shape.of(1), t.length()))),
        Map.of());
  }

  private Path index(String json) throws IOException {
    return Files.writeString(dir.resolve(NAME), json);
  }

  private static String map(String... pairs) {
    return IntStream.range(0, pairs.length / 2)
        .mapToObj(i -> "\"" + pairs[2 * i] + "\":\"" + pairs[2 * i + 1] + "\"")
        .collect(Collectors.joining(",", "{\"weight_map\":{", "}}"));
  }

  private static Arguments value(String id, String value) {
    return row(id, "{\"weight_map\":{\"t\":" + value + "}}", "not the plain name");
  }

  private static Arguments row(String id, String json, String piece) {
    return Arguments.of(id, json, piece);
  }

  static Stream<Arguments> mustBeRefused() {
    return Stream.concat(names(), contents());
  }

  private static Stream<Arguments> names() {
    return Stream.of(
        value("X01a: ../x", "\"../x\""),
        value("X01b: absolute", "\"/abs\""),
        value("X01c: out of the directory", "\"a/../../b\""),
        value("X01c: within it", "\"a/../b.safetensors\""),
        value("X01d: drive", "\"C:\\\\x\""),
        value("X01e: back-slash", "\"..\\\\x\""),
        value("X01f: NUL", "\"a\\u0000b\""),
        value("X01g: empty", "\"\""),
        value("X01h: .", "\".\""),
        value("X01h: ..", "\"..\""),
        value("X01h: hidden", "\".hidden\""),
        row("X01i: number", "{\"weight_map\":{\"t\":7}}", "expected a string, got number 7"),
        row("X01i: null", "{\"weight_map\":{\"t\":null}}", "expected a string"),
        row("X01i: array", "{\"weight_map\":{\"t\":[]}}", "expected a string"),
        value("X01j: 5 kB", "\"" + "x".repeat(5000) + "\""),
        value("X01k: //host/x", "\"//host/x\""),
        value("X01l: CON", "\"CON\""),
        value("X01l: con with an ending", "\"con.safetensors\""),
        value("X01l: LPT1", "\"LPT1.x\""),
        value("X01: space", "\"a b\""),
        value("X01: right to left", "\"\u202ex\""),
        value("X03c: the index itself", "\"" + NAME + "\""));
  }

  private static Stream<Arguments> contents() {
    var a = "a.safetensors";
    return Stream.of(
        row("X03a: directory", map("x", "directory"), "is a directory"),
        row("X03b: pipe", map("x", "pipe"), "is not a regular file"),
        row("X03b: device", map("x", "device"), "leads out of the model's directory"),
        row("X03d: missing", map("x", a, "y", "no.safetensors"), "no.safetensors is missing"),
        row("X03: no safetensors", map("x", NAME + ".old"), "header length"),
        row("X04a: a shard lacks a tensor", map("x", a, "z", a), "'z' is not in " + a),
        row("X04a: it is in another", map("x", a, "y", a, "q", "b.safetensors"), "'y' is not in"),
        row(
            "X04b: a tensor in two shards",
            map("x", a, "y", "again.safetensors"),
            "'x' is in a.safetensors and in again.safetensors"),
        row("X04d: listed twice", map("x", a, "x", a), "duplicate key 'x'"),
        row("X04d: listed twice by escape", map("x", a, "\\u0078", a), "duplicate key 'x'"),
        row("X: empty map", "{\"weight_map\":{}}", "weight_map is empty"),
        row("X: no map", "{}", "no member 'weight_map'"),
        row("X: no object", "[]", "expected an object"),
        row("X: metadata no object", map("x", a).replace("}}", "},\"metadata\":1}"), "an object"),
        row("X: not JSON", "{", "not valid JSON"),
        row("X: nested 10000 deep", "[".repeat(10_000), "nested more than"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mustBeRefused")
  void refuses(String id, String json, String piece) throws Throwable {
    Files.createDirectory(dir.resolve("directory"));
    Files.write(dir.resolve(NAME + ".old"), new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9});
    if (id.contains("pipe")) {
      assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "skipped: needs mkfifo");
      var pipe = dir.resolve("pipe").toString();
      assertEquals(0, new ProcessBuilder("mkfifo", pipe).start().waitFor());
    }
    if (id.contains("device")) {
      assumeTrue(Files.exists(Path.of("/dev/zero")), "skipped: needs /dev/zero");
      Files.createSymbolicLink(dir.resolve("device"), Path.of("/dev/zero"));
    }
    var file = index(json);
    var e =
        assertTimeoutPreemptively(
            Duration.ofSeconds(5),
            () -> assertThrows(MmibException.class, () -> WeightIndex.read(file).shards()));
    assertTrue(
        e.code() == ErrorCode.WEIGHT_INDEX || e.code() == ErrorCode.SAFETENSORS, e.toString());
    assertTrue((e.position() + " " + e.what()).contains(piece), e::toString);
    assertTrue(e.toString().chars().noneMatch(c -> c < ' ' || c == '\u202e'), e::toString);
    long allocated =
        Cost.allocated(
            () ->
                assertThrows(
                    MmibException.class, () -> StoredWeights.open(WeightIndex.read(file))));
    assertTrue(allocated <= 40L * json.length() + (1 << 20), () -> allocated + " bytes");
    for (var shard : List.of("a", "b", "again")) {
      assertFalse(Cost.isOpen(dir.resolve(shard + ".safetensors")), shard + " is left open");
    }
  }

  private static Arguments tolerated(String id, String total, String warning) {
    var metadata = total.isEmpty() ? "" : "\"metadata\":{" + total + "},";
    return Arguments.of(id, "{" + metadata + map("y", "b.safetensors").substring(1), warning);
  }

  static Stream<Arguments> mustBeRead() {
    return Stream.of(
        tolerated("X: total_size right", "\"total_size\":4", ""),
        tolerated("X05a: total_size wrong", "\"total_size\":999", "total_size is 999"),
        tolerated("X05a: total_size no number", "\"total_size\":\"many\"", "total_size is"),
        tolerated("X05b: total_size negative", "\"total_size\":-1", "total_size is -1"),
        tolerated("X05c: total_size missing", "\"other\":1", ""),
        tolerated("X05c: no metadata", "", ""),
        Arguments.of(
            "X04c: a tensor that is not listed",
            map("x", "a.safetensors", "y", "b.safetensors"),
            "tensor 'extra' of a.safetensors is not listed"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mustBeRead")
  void reads(String id, String json, String warning) throws IOException {
    var file = index(json);
    try (var warnings = new Warnings(WeightIndex.class.getName());
        var stored = StoredWeights.open(WeightIndex.read(file))) {
      var y = stored.all().values("y", Shape.of(1), Initializer.ZEROS);
      assertArrayEquals(new float[] {1}, y.toArray());
      var lines = warnings.take();
      assertEquals(warning.isEmpty() ? 0 : 1, lines.size(), id);
      assertTrue(lines.stream().allMatch(line -> line.contains(warning)), id);
    }
    assertFalse(Cost.isOpen(dir.resolve("b.safetensors")), "left open");
  }

  /** Links by where the index is and where its shard leads to. */
  static Stream<Arguments> links() {
    return Stream.of(
        Arguments.of("X02a: inside the model", ".", "a.safetensors", true),
        Arguments.of("X02b: to the blobs of the cache", "hub/snapshots/1", "../../blobs/f", true),
        Arguments.of("X02c: elsewhere", "model", "../a.safetensors", false),
        Arguments.of("X02c: out of a snapshot", "hub/snapshots/1", "../../../b.safetensors", false),
        Arguments.of("X02c: another snapshot", "hub/snapshots/1", "../2/g", false),
        Arguments.of("X02c: deep in the blobs", "hub/snapshots/1", "../../blobs/d/h", false),
        Arguments.of("X02c: blobs of no cache", "other/1", "../../hub/blobs/f", false));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("links")
  void followsLinksWithinTheModelOnly(String id, String home, String target, boolean isRead)
      throws IOException {
    Files.createDirectories(dir.resolve("hub/blobs/d"));
    Files.createDirectories(dir.resolve("hub/snapshots/2"));
    for (var file : List.of("hub/blobs/f", "hub/snapshots/2/g", "hub/blobs/d/h")) {
      shard(dir.resolve(file), "x", "extra");
    }
    var directory = Files.createDirectories(dir.resolve(home));
    Files.createSymbolicLink(directory.resolve("link.safetensors"), Path.of(target));
    var file = Files.writeString(directory.resolve(NAME), map("x", "link.safetensors"));
    if (isRead) {
      try (var stored = StoredWeights.open(WeightIndex.read(file))) {
        assertTrue(stored.shapes().containsKey("x"));
      }
    } else {
      var e = assertThrows(MmibException.class, () -> WeightIndex.read(file).shards());
      assertEquals(ErrorCode.WEIGHT_INDEX, e.code());
      assertTrue(e.what().contains("leads out of the model's directory"), e::what);
    }
  }

  @Test
  @DisplayName("X06: an index of more than 16 MB")
  void refusesAnIndexBeyondItsLimit() throws IOException {
    var file = dir.resolve(NAME);
    Files.write(file, new byte[Json.LARGEST_FILE + 1]);
    var e = assertThrows(MmibException.class, () -> WeightIndex.read(file));
    assertEquals(ErrorCode.WEIGHT_INDEX, e.code());
    assertTrue(e.what().contains("at most"), e::what);
  }

  @Test
  @DisplayName("X06: as many entries as an object of JSON may have")
  void boundsAnIndexOfManyEntries() throws Throwable {
    var many =
        IntStream.range(0, 500_000)
            .mapToObj(i -> "\"" + i + "\":\"no.bin\"")
            .collect(Collectors.joining(",", "{\"weight_map\":{", "}}"));
    var file = index(many);
    long allocated =
        Cost.allocated(() -> assertEquals(500_000, WeightIndex.read(file).shardOf().size()));
    assertTrue(allocated <= 32L * many.length(), () -> allocated + " for " + many.length());
    var e = assertThrows(MmibException.class, () -> WeightIndex.read(file).shards());
    assertEquals("shard no.bin is missing", e.what());
  }
}
