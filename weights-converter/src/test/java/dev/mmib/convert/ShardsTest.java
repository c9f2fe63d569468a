package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.TensorSource;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The index of pickled shards, right and hostile: rows X01 to X06 of the catalogue. */
class ShardsTest {

  private static final String INDEX = "pytorch_model.bin.index.json";

  @TempDir Path dir;

  private void shard(String name, String... tensors) {
    var some = new LinkedHashMap<String, TensorSource>();
    for (var tensor : tensors) {
      some.put(tensor, TensorSource.floats(Shape.of(1), 1));
    }
    TorchWriter.zip(dir.resolve(name), some);
  }

  private Conversion convert(String index) throws IOException {
    Files.writeString(dir.resolve(INDEX), index);
    return Converter.convert(dir, dir.resolve("out.safetensors"), ConvertOptions.STANDARD);
  }

  private static String map(String members) {
    return "{\"weight_map\":{" + members + "}}";
  }

  private static Arguments name(String id, String value) {
    return Arguments.of(id, map("\"x\":" + value), "");
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        name("X01a: up", "\"../x\""),
        name("X01b: absolute", "\"/abs\""),
        name("X01c: up inside", "\"a/../../b\""),
        name("X01d: a drive", "\"C:\\\\x\""),
        name("X01e: back-slash", "\"..\\\\x\""),
        name("X01f: NUL", "\"a\\u0000b\""),
        name("X01g: empty", "\"\""),
        name("X01h: a dot", "\".\""),
        name("X01i: a number", "7"),
        name("X01i: null", "null"),
        name("X01j: 5 kB", "\"" + "x".repeat(5000) + "\""),
        name("X01k: a host", "\"//host/x\""),
        name("X01l: a device", "\"CON\""),
        name("X03a: a directory", "\"d\""),
        name("X03c: the index itself", "\"" + INDEX + "\""),
        Arguments.of("X03d: missing", map("\"x\":\"no.bin\""), "no.bin is missing"),
        Arguments.of("X04a: lacks a tensor", map("\"x\":\"a.bin\",\"z\":\"a.bin\""), "'z'"),
        Arguments.of(
            "X04b: in two shards", map("\"x\":\"a.bin\",\"y\":\"b.bin\""), "'x' is in a.bin and"),
        Arguments.of("X04d: listed twice", map("\"x\":\"a.bin\",\"x\":\"a.bin\""), "duplicate"),
        Arguments.of("X06: no map", "{}", "weight_map"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void refused(String id, String index, String what) throws IOException {
    Files.createDirectory(dir.resolve("d"));
    shard("a.bin", "x");
    shard("b.bin", "x", "y");
    var e = assertThrows(MmibException.class, () -> convert(index));
    assertTrue(
        e.code() == ErrorCode.WEIGHT_INDEX || e.code() == ErrorCode.MODEL_FILE, e.getMessage());
    assertTrue(String.valueOf(e.getMessage()).contains(what), e.getMessage());
    assertFalse(Files.exists(dir.resolve("out.safetensors")));
  }

  @Test
  void toleratesWhatDoesNotMatter() throws IOException { // X04c, X05
    shard("a.bin", "x", "extra");
    for (var total : List.of("1", "-1", "null")) {
      var done =
          convert("{\"metadata\":{\"total_size\":" + total + "},\"weight_map\":{\"x\":\"a.bin\"}}");
      assertEquals(2, done.tensors());
      Files.delete(dir.resolve("out.safetensors"));
    }
    assertEquals(2, convert(map("\"x\":\"a.bin\"")).tensors());
  }

  @Test
  void followsNoLinkOutOfTheModel() throws IOException { // X02
    var model = Files.createDirectory(dir.resolve("model"));
    shard("a.bin", "x");
    Files.createSymbolicLink(model.resolve("a.bin"), dir.resolve("a.bin"));
    Files.writeString(model.resolve(INDEX), map("\"x\":\"a.bin\""));
    var e =
        assertThrows(
            MmibException.class,
            () -> Converter.convert(model, dir.resolve("out"), ConvertOptions.STANDARD));
    assertEquals(ErrorCode.WEIGHT_INDEX, e.code());
    assertTrue(e.what().contains("leads out"), e.what());
  }

  @Test
  void boundsTheIndex() throws IOException { // X06
    Files.write(
        dir.resolve(INDEX),
        ("{" + " ".repeat(17 << 20)).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    var e =
        assertThrows(
            MmibException.class,
            () -> Converter.convert(dir, dir.resolve("out"), ConvertOptions.STANDARD));
    assertEquals(ErrorCode.WEIGHT_INDEX, e.code());
    assertTrue(e.what().contains("at most"), e.what());
  }

  @Test
  void leavesNoFileOpenWhenALaterShardIsBad() throws IOException {
    shard("a.bin", "x");
    Files.writeString(dir.resolve("b.bin"), "<html>");
    var fds = Path.of("/proc/self/fd");
    org.junit.jupiter.api.Assumptions.assumeTrue(Files.isDirectory(fds), "needs /proc");
    assertThrows(MmibException.class, () -> convert(map("\"x\":\"a.bin\",\"y\":\"b.bin\"")));
    try (var open = Files.list(fds)) {
      assertTrue(open.map(ShardsTest::target).noneMatch(to -> to.startsWith(dir.toString())));
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }
}
