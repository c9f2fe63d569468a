package dev.mmib.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Valid and must-be-refused safetensors files, as the reference implementation judged them. */
class SafeTensorsGoldenTest {

  @TempDir Path dir;

  private static Path group() {
    return Golden.require("formats/safetensors");
  }

  private static Stream<JsonObject> files(String verdict) {
    var manifest = Golden.json(Golden.file("formats/safetensors/manifest.json"));
    return manifest.absent(verdict)
        ? Stream.of()
        : manifest.array(verdict).items().stream().map(f -> f.asObject());
  }

  @TestFactory
  Stream<DynamicTest> readsWhatIsValid() {
    return Golden.orSkipped(SafeTensorsGoldenTest::valid);
  }

  private static Stream<DynamicTest> valid() {
    var group = group();
    return files("valid")
        .map(f -> DynamicTest.dynamicTest(f.string("file"), () -> checkValid(group, f)));
  }

  private static void checkValid(Path group, JsonObject expected) {
    try (var file = SafeTensors.open(group.resolve(expected.string("file")))) {
      var tensors = expected.array("tensors");
      assertEquals(tensors.size(), file.tensors().size());
      for (var item : tensors) {
        var tensor = item.asObject();
        var entry = file.entry(tensor.string("name"));
        assertEquals(tensor.string("dtype"), entry.type().name());
        assertEquals(
            Arrays.toString(tensor.array("shape").longs()),
            Arrays.toString(entry.dims().stream().mapToLong(d -> d).toArray()));
        if (tensor.has("values")) {
          var values = tensor.array("values");
          var floats = new float[values.size()];
          for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) Golden.number(values.at(i));
          }
          GoldenAssert.exact(entry.name(), floats, file.readFloats(entry.name()));
        }
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> refusesWhatIsNot() {
    return Golden.orSkipped(SafeTensorsGoldenTest::notValid);
  }

  private static Stream<DynamicTest> notValid() {
    var group = group();
    return Stream.concat(files("invalid"), files("either"))
        .map(
            f ->
                DynamicTest.dynamicTest(
                    f.string("file"),
                    () -> {
                      var path = group.resolve(f.string("file"));
                      var e = assertThrows(MmibException.class, () -> SafeTensors.open(path));
                      assertEquals(ErrorCode.SAFETENSORS, e.code());
                      assertEquals(path.toString(), e.file());
                    }));
  }

  /** No file is left out, and each type's bytes are those that PyTorch saved. */
  @TestFactory
  Stream<DynamicTest> judgesEveryFileAndEveryType() {
    return Golden.orSkipped(
        () ->
            Stream.of(
                DynamicTest.dynamicTest("every file", SafeTensorsGoldenTest::checkEveryFile),
                DynamicTest.dynamicTest("every type", SafeTensorsGoldenTest::checkEveryType)));
  }

  private static void checkEveryFile() throws IOException {
    var judged =
        Stream.of("valid", "invalid", "either")
            .flatMap(SafeTensorsGoldenTest::files)
            .map(f -> f.string("file"))
            .collect(Collectors.toCollection(TreeSet::new));
    try (var all = Files.list(group())) {
      var there =
          all.map(f -> f.getFileName().toString())
              .filter(name -> name.endsWith(".safetensors"))
              .collect(Collectors.toCollection(TreeSet::new));
      assertEquals(judged, there);
    }
  }

  private static void checkEveryType() {
    try (var file = SafeTensors.open(group().resolve("ok_dtypes.safetensors"));
        var saved = SafeTensors.open(Golden.file("formats/torchsave/expected.safetensors"))) {
      for (var entry : file.tensors().values()) {
        var other = "dtypes/" + entry.name();
        assertEquals(saved.entry(other).type(), entry.type());
        assertArrayEquals(saved.readBytes(other), file.readBytes(entry.name()), other);
        assertEquals(entry.size(), file.readFloats(entry.name()).length);
      }
    }
  }

  /** Files that the reference implementation wrote come out byte for byte when written again. */
  @TestFactory
  Stream<DynamicTest> writesTheBytesOfTheReference() {
    return Golden.orSkipped(this::copies);
  }

  private Stream<DynamicTest> copies() {
    var models = Golden.require("bert-tiny");
    try (Stream<Path> all = Files.walk(models)) {
      return all
          .filter(f -> f.getFileName().toString().startsWith("model"))
          .filter(f -> f.toString().endsWith(".safetensors"))
          .toList()
          .stream()
          .map(f -> DynamicTest.dynamicTest(models.relativize(f).toString(), () -> checkCopy(f)));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void checkCopy(Path original) throws IOException {
    var tensors = new LinkedHashMap<String, TensorSource>();
    try (var file = SafeTensors.open(original)) {
      file.tensors()
          .forEach(
              (name, entry) ->
                  tensors.put(
                      name, TensorSource.bytes(entry.type(), entry.dims(), file.readBytes(name))));
      var copy = dir.resolve("copy.safetensors");
      SafeTensors.write(copy, tensors, file.metadata());
      assertEquals(-1, Files.mismatch(original, copy));
    }
  }
}
