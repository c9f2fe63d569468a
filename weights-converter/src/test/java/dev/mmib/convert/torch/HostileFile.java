package dev.mmib.convert.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.TensorSource;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A row of a table of bad files: its bytes, and what must come of reading all of them.
 *
 * @param code the error's code, nothing where {@link #VALUES} must be read
 * @param says a piece of the error's message
 */
record HostileFile(String name, byte[] bytes, @Nullable ErrorCode code, String says) {

  /** The tensors that every right row has. */
  static final Map<String, float[]> VALUES = values();

  private static Map<String, float[]> values() {
    var values = new LinkedHashMap<String, float[]>();
    values.put("weight", new float[] {1, 2, 3, 4, 5, 6});
    values.put("bias", new float[] {-1, Float.MIN_VALUE});
    return values;
  }

  /** The state dict of {@link #VALUES}. */
  static SavedValue.Ordered stateDict() {
    var tensors = new LinkedHashMap<String, TensorSource>();
    VALUES.forEach(
        (name, values) -> tensors.put(name, TensorSource.floats(Shape.of(values.length), values)));
    return SavedValue.stateDict(tensors);
  }

  static HostileFile ok(String name, byte[] bytes) {
    return new HostileFile(name, bytes, null, "");
  }

  static HostileFile refused(String name, byte[] bytes, String says) {
    return refused(name, bytes, ErrorCode.TORCH_FILE, says);
  }

  static HostileFile refused(String name, byte[] bytes, ErrorCode code, String says) {
    return new HostileFile(name, bytes, code, says);
  }

  /** An honest zip archive with something changed. */
  static HostileFile ok(String name, Consumer<ZipBytes> change) {
    return ok(name, zip(change));
  }

  static HostileFile refused(String name, Consumer<ZipBytes> change, String says) {
    return refused(name, zip(change), says);
  }

  static HostileFile refused(String name, Consumer<ZipBytes> change, ErrorCode code, String says) {
    return refused(name, zip(change), code, says);
  }

  static byte[] zip(Consumer<ZipBytes> change) {
    var zip = ZipBytes.of(stateDict());
    change.accept(zip);
    return zip.toBytes();
  }

  /** Reads the file in a directory and compares what comes of it. */
  void check(Path directory) throws IOException {
    var file = Files.write(directory.resolve("weights.bin"), bytes);
    if (code == null) {
      requireValues(file);
    } else {
      var error = assertThrows(MmibException.class, () -> readAll(file));
      assertEquals(code, error.code(), error.getMessage());
      assertTrue(error.getMessage().contains(says), error.getMessage());
      assertEquals(file.toString(), error.file());
    }
  }

  static void requireValues(Path file) {
    try (var torch = TorchFile.open(file)) {
      var root = (PickleValue.Dictionary) torch.root();
      assertEquals(VALUES.size(), root.entries().size());
      root.entries()
          .forEach(
              (key, value) -> {
                var expected = VALUES.get(((PickleValue.Text) key).value());
                var bytes = Flattened.bytes(((TorchTensor) value).source(), 4);
                var found = new float[bytes.length / 4];
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(found);
                assertArrayEquals(expected, found, key.toString());
              });
    }
  }

  /** Opens a file and reads every tensor in it, in order and in pieces; gives all that it read. */
  static List<Object> readAll(Path file) {
    try (var torch = TorchFile.open(file)) {
      var found = Flattened.of(torch.root());
      var all = new ArrayList<Object>();
      all.add(String.valueOf(found.plain()));
      found
          .tensors()
          .forEach(
              (name, tensor) -> {
                var bytes = Flattened.bytes(tensor.source(), 1 << 20);
                assertArrayEquals(bytes, Flattened.bytes(tensor.source(), 5), name);
                all.add(name);
                all.add(tensor.type());
                all.add(tensor.dims());
                all.add(ByteBuffer.wrap(bytes));
              });
      return all;
    }
  }
}
