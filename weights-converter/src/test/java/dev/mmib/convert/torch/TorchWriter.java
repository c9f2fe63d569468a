package dev.mmib.convert.torch;

import dev.mmib.io.TensorSource;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;

/**
 * Writes the files of torch.save without Python, for tests and benchmarks.
 *
 * <p>Storages are fetched in runs while they are written, so that a big model needs no heap.
 */
public final class TorchWriter {

  private static final int RUN_BYTES = 1 << 18;

  private TorchWriter() {}

  /** Writes the zip format, as since PyTorch 1.6. */
  public static void zip(Path file, SavedValue root) {
    try (var out = Files.newOutputStream(file)) {
      zip(out, root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void zip(OutputStream file, SavedValue root) throws IOException {
    try (var zip = new TorchZipWriter(file, "archive")) {
      var pickle = new PickleText(false).value(root);
      zip.record("data.pkl", pickle.toBytes());
      zip.record("byteorder", "little".getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < pickle.storages().size(); i++) {
        var storage = pickle.storages().get(i);
        long length = storage.size() * storage.width();
        zip.record("data/" + pickle.key(i), length, out -> writeStorage(out, storage));
      }
      zip.record("version", "3\n".getBytes(StandardCharsets.US_ASCII));
      zip.record(".data/serialization_id", "0".repeat(40).getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** Writes an {@code OrderedDict} of row-major tensors in the zip format. */
  public static void zip(Path file, Map<String, TensorSource> stateDict) {
    zip(file, SavedValue.stateDict(stateDict));
  }

  /** Writes the stream format, as before PyTorch 1.6. */
  public static void legacy(Path file, SavedValue root) {
    try (var out = Files.newOutputStream(file)) {
      legacy(out, root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void legacy(OutputStream out, SavedValue root) throws IOException {
    out.write(new PickleText(true).magic().toBytes());
    out.write(new PickleText(true).value(new SavedValue.Whole(1001)).toBytes());
    out.write(
        new PickleText(true)
            .value(
                new SavedValue.Dict(
                    Map.of(
                        "protocol_version",
                        new SavedValue.Whole(1001),
                        "little_endian",
                        SavedValue.Constant.TRUE)))
            .toBytes());
    var pickle = new PickleText(true).value(root);
    out.write(pickle.toBytes());
    var keys = new ArrayList<SavedValue>();
    for (int i = 0; i < pickle.storages().size(); i++) {
      keys.add(new SavedValue.Text(pickle.key(i)));
    }
    out.write(new PickleText(true).value(new SavedValue.Items(keys)).toBytes());
    for (var storage : pickle.storages()) {
      out.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(storage.size()).array());
      writeStorage(out, storage);
    }
  }

  /** Writes an {@code OrderedDict} of row-major tensors in the stream format. */
  public static void legacy(Path file, Map<String, TensorSource> stateDict) {
    legacy(file, SavedValue.stateDict(stateDict));
  }

  private static void writeStorage(OutputStream out, SavedValue.Storage storage)
      throws IOException {
    int run = RUN_BYTES / storage.width();
    var bytes = new byte[(int) Math.min(run, storage.size()) * storage.width()];
    for (long at = 0; at < storage.size(); at += run) {
      int length = (int) Math.min(run, storage.size() - at) * storage.width();
      var buffer = ByteBuffer.wrap(bytes, 0, length).slice().order(ByteOrder.LITTLE_ENDIAN);
      storage.content().put(at, buffer);
      out.write(bytes, 0, length);
    }
  }
}
