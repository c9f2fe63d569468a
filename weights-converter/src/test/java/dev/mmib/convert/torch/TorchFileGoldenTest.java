package dev.mmib.convert.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.mmib.error.MmibException;
import dev.mmib.golden.Golden;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import dev.mmib.io.SafeTensors;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Files of torch.save give the tensors and values that PyTorch itself gives, or are refused. */
class TorchFileGoldenTest {

  private static Path group() {
    return Golden.require("formats/torchsave");
  }

  private static JsonObject manifest() {
    return Golden.json(group().resolve("manifest.json"));
  }

  @TestFactory
  Stream<DynamicTest> givesWhatPyTorchGives() {
    return Golden.orSkipped(
        () ->
            manifest().array("cases").items().stream()
                .map(JsonValue::asObject)
                .flatMap(
                    c ->
                        c.array("files").strings().stream()
                            .map(file -> dynamicTest(file, () -> requireExpected(c, file)))));
  }

  @TestFactory
  Stream<DynamicTest> refusesWhatIsDamagedOrAProgram() {
    return Golden.orSkipped(
        () ->
            manifest().array("refuse").items().stream()
                .map(JsonValue::asObject)
                .map(r -> dynamicTest(r.string("file"), () -> requireRefused(r.string("file")))));
  }

  private static void requireExpected(JsonObject golden, String file) {
    try (var torch = TorchFile.open(group().resolve(file));
        var expected = SafeTensors.open(group().resolve("expected.safetensors"))) {
      var found = Flattened.of(torch.root());
      var wanted = golden.object("tensors");
      assertEquals(new TreeSet<>(wanted.keys()), new TreeSet<>(found.tensors().keySet()));
      found
          .tensors()
          .forEach(
              (path, tensor) -> {
                var name = golden.string("name") + "/" + path;
                var source = expected.source(name);
                assertArrayEquals(
                    wanted.object(path).array("shape").longs(),
                    tensor.dims().stream().mapToLong(d -> d).toArray(),
                    name);
                assertEquals(source.type(), tensor.type(), name);
                var bytes = Flattened.bytes(source, Integer.MAX_VALUE);
                assertArrayEquals(bytes, Flattened.bytes(tensor.source(), Integer.MAX_VALUE), name);
                assertArrayEquals(bytes, Flattened.bytes(tensor.source(), 3), name);
              });
      if (golden.has("plain")) {
        assertEquals(Flattened.plain(golden.at("plain")), withoutTensors(found.plain(), wanted));
      }
    }
  }

  /** The containers that hold nothing but tensors are not among the plain values. */
  private static Object withoutTensors(@Nullable Object plain, JsonObject tensors) {
    var members = new TreeMap<Object, Object>((Map<?, ?>) Objects.requireNonNull(plain));
    tensors
        .keys()
        .forEach(path -> members.remove(path.substring(0, Math.max(0, path.indexOf('/')))));
    return members;
  }

  private static void requireRefused(String file) {
    var path = group().resolve(file);
    var error = assertThrows(MmibException.class, () -> TorchFile.open(path).close());
    assertTrue(error.getMessage().contains(file), error.getMessage());
    assertTrue(
        switch (error.code()) {
          case TORCH_FILE, PICKLE, PICKLE_FORBIDDEN -> true;
          default -> false;
        },
        error.getMessage());
  }
}
