package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.error.MmibException;
import dev.mmib.io.FileTree;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model of two tensors, written in places of one directory and looked for in others. */
record TwoTensors(Path dir) {

  static final String CONFIG = "{\"model_type\": \"bert\"}";

  static Map<String, TensorSource> two() {
    var tensors = new LinkedHashMap<String, TensorSource>();
    tensors.put("a.weight", TensorSource.floats(Shape.of(2, 2), 1, 2, 3, 4));
    tensors.put("steps", TensorSource.longs(Shape.of(), 7));
    return tensors;
  }

  Path torch(String name) {
    var file = dir.resolve(name);
    TorchWriter.zip(file, two());
    return file;
  }

  /** A directory of a model without its weights. */
  Path huggingFace(String... files) throws IOException {
    var in = Files.createDirectories(dir.resolve("hf"));
    for (var file : files) {
      boolean isConfig = file.equals("config.json");
      Files.writeString(in.resolve(file), isConfig ? CONFIG : "content of " + file);
    }
    return in;
  }

  static void requireTwo(Path file) {
    try (var stored = SafeTensors.open(file)) {
      assertEquals(2, stored.tensors().size());
      assertArrayEquals(new float[] {1, 2, 3, 4}, stored.readFloats("a.weight"));
      assertEquals(TensorType.I64, stored.entry("steps").type());
      assertArrayEquals(new long[] {7}, stored.readLongs("steps"));
      assertEquals(Map.of("format", "pt"), stored.metadata());
    }
  }

  static MmibException refused(Path in, Path out, ConvertOptions options) {
    return assertThrows(MmibException.class, () -> Converter.convert(in, out, options));
  }

  /** What is in a directory, hidden files included. */
  static List<String> names(Path directory) throws IOException {
    var names = new ArrayList<String>();
    for (var entry : FileTree.entries(directory)) {
      names.add(entry.getFileName().toString());
    }
    names.sort(null);
    return names;
  }
}
