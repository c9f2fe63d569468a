package dev.mmib.convert.torch;

import static dev.mmib.convert.torch.HostileFile.ok;
import static dev.mmib.convert.torch.HostileFile.refused;

import dev.mmib.error.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Streams of before PyTorch 1.6 whose parts contradict one another, or end too soon. */
class TorchStreamTest {

  /** A stream in the making. */
  private static final class Parts {
    byte[] magic = new PickleText(true).magic().toBytes();
    SavedValue protocol = new SavedValue.Whole(1001);
    SavedValue machine = littleEndian(SavedValue.Constant.TRUE);
    final PickleText pickle = new PickleText(true).value(HostileFile.stateDict());
    final byte[] root = pickle.toBytes();
    final List<SavedValue> keys = new ArrayList<>();
    final List<Long> counts = new ArrayList<>();
    int cut;
    byte[] after = {};

    Parts() {
      for (int i = 0; i < pickle.storages().size(); i++) {
        keys.add(new SavedValue.Text(pickle.key(i)));
        counts.add(pickle.storages().get(i).size());
      }
    }

    byte[] toBytes() {
      var out = new ByteArrayOutputStream();
      out.writeBytes(magic);
      out.writeBytes(new PickleText(true).value(protocol).toBytes());
      out.writeBytes(new PickleText(true).value(machine).toBytes());
      out.writeBytes(root);
      out.writeBytes(new PickleText(true).value(new SavedValue.Items(keys)).toBytes());
      for (int i = 0; i < counts.size(); i++) {
        var storage = pickle.storages().get(i);
        var bytes =
            ByteBuffer.allocate(8 + (int) storage.size() * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(counts.get(i));
        storage.content().put(0, bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
        out.writeBytes(bytes.array());
      }
      out.writeBytes(after);
      return Arrays.copyOf(out.toByteArray(), out.size() - cut);
    }
  }

  @TempDir Path directory;

  private static SavedValue littleEndian(SavedValue is) {
    return new SavedValue.Dict(Map.of("little_endian", is));
  }

  private static byte[] stream(Consumer<Parts> change) {
    var parts = new Parts();
    change.accept(parts);
    return parts.toBytes();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void readsOrRefuses(String name, HostileFile row) throws IOException {
    row.check(directory);
  }

  static Stream<Object[]> rows() {
    return Stream.of(
            ok("Z17a: a valid stream", stream(p -> {})),
            ok("Z17a: a magic number of protocol 4", stream(p -> p.magic = framedMagic())),
            ok("Z17a: a magic number in digits", stream(p -> p.magic = magicInDigits())),
            ok("Z17a: storages in another order", stream(TorchStreamTest::swapped)),
            refused("Z17b: magic cut", cut(9), "a pickle, but not one of torch.save"),
            refused(
                "Z17b: nothing after the magic", cut(15), ErrorCode.PICKLE, "ends without STOP"),
            refused("Z17b: another magic", stream(p -> p.magic[7] ^= 1), "not one of torch.save"),
            refused(
                "Z17c: protocol 1002",
                stream(p -> p.protocol = new SavedValue.Whole(1002)),
                "is not of protocol 1001"),
            refused(
                "Z17c: protocol of text",
                stream(p -> p.protocol = new SavedValue.Text("1001")),
                "is not of protocol 1001"),
            refused(
                "Z17d: a key is missing", stream(p -> p.keys.remove(1)), "does not list storage"),
            refused("Z17d: no key", stream(p -> p.keys.clear()), "does not list storage"),
            refused(
                "Z17d: a key that nothing uses",
                stream(p -> p.keys.set(1, new SavedValue.Text("5"))),
                "'5', which nothing uses"),
            refused("Z17d: a key twice", stream(p -> p.keys.set(1, p.keys.get(0))), "twice"),
            refused(
                "Z17d: keys that are no names",
                stream(p -> p.keys.set(1, SavedValue.Constant.NONE)),
                "without a name"),
            refused("Z17d: another count", stream(p -> p.counts.set(0, 5L)), "6 elements has 5"),
            refused("Z17e: count -1", stream(p -> p.counts.set(0, -1L)), "has -1"),
            refused("Z17e: count 2^62", stream(p -> p.counts.set(1, 1L << 62)), "elements has"),
            refused(
                "Z17e: 2^30 elements in the pickle",
                stream(p -> widen(p.root)),
                ErrorCode.PICKLE,
                "elements in"),
            refused("Z17f: cut in the last storage", stream(p -> p.cut = 1), "ends within storage"),
            refused("Z17f: cut before the last storage", stream(p -> p.cut = 16), "ends within"),
            refused("Z17f: cut in a count", stream(p -> p.cut = 12), "ends within storage"),
            refused("Z17g: bytes after it", stream(p -> p.after = new byte[3]), "3 bytes after"),
            refused(
                "Z17h: big-endian",
                stream(p -> p.machine = littleEndian(SavedValue.Constant.FALSE)),
                "is big-endian"),
            refused(
                "Z17h: no byte order",
                stream(p -> p.machine = new SavedValue.Dict(Map.of())),
                "does not say its byte order"),
            refused(
                "Z17h: no dictionary of the machine",
                stream(p -> p.machine = new SavedValue.Whole(1)),
                "does not say its byte order"))
        .map(row -> new Object[] {row.name(), row});
  }

  private static byte[] framedMagic() {
    var plain = new PickleText(true).magic().toBytes();
    return ByteBuffer.allocate(plain.length + 9)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) 0x80, 4, (byte) 0x95})
        .putLong(plain.length - 2L)
        .put(plain, 2, plain.length - 2)
        .array();
  }

  private static byte[] magicInDigits() {
    return "L119547037146038801333356L\n.".getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] cut(int length) {
    return Arrays.copyOf(stream(p -> {}), length);
  }

  /** The keys and the storages after them change places together. */
  private static void swapped(Parts parts) {
    Collections.swap(parts.keys, 0, 1);
    Collections.swap(parts.counts, 0, 1);
    Collections.swap(parts.pickle.storages(), 0, 1);
  }

  /** Makes the first storage's number of elements, behind its device, a huge one. */
  private static void widen(byte[] root) {
    var text = new String(root, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("X\3\0\0\0cpuJ") + 8;
    root[at + 4] = 0x7f;
  }
}
