package dev.mmib.convert.torch;

import static dev.mmib.convert.torch.HostileFile.ok;
import static dev.mmib.convert.torch.HostileFile.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** PyTorch's zip format, what is taken for it and is not, and files too large for 32 bits. */
class TorchFilesTest {

  @TempDir Path directory;

  @ParameterizedTest(name = "{0}")
  @MethodSource({"others", "records"})
  void readsOrRefuses(String name, HostileFile row) throws IOException {
    row.check(directory);
  }

  private static Stream<Object[]> named(HostileFile... rows) {
    return Arrays.stream(rows).map(row -> new Object[] {row.name(), row});
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static Stream<Object[]> others() {
    var tar = new byte[1536];
    System.arraycopy(text("ustar"), 0, tar, 257, 5);
    return named(
        refused("Z01: 0 bytes", new byte[0], "is empty"),
        refused("Z01: a zip signature and garbage", text("PK\3\4" + "garbage".repeat(9)), "without its end"),
        refused("Z01: a zip signature alone", text("PK\3\4"), "has 4 bytes"),
        refused("Z01: an empty zip archive", text("PK\5\6" + "\0".repeat(18)), "an empty or spanned"),
        refused("Z01: text", text("The quick brown fox\n"), "is text"),
        refused("Z01: a web page", text("\n <!DOCTYPE html><html></html>"), "is a web page"),
        refused("Z01: a web page with a mark", text("\u00ef\u00bb\u00bf<HTML>"), "is a web page"),
        refused("Z01: an XML error page", text("<?xml version=\"1.0\"?><Error/>"), "is a web page"),
        refused(
            "Z01: a Git LFS pointer",
            text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
            "git lfs pull"),
        refused("Z01: safetensors", text("\2\0\0\0\0\0\0\0{}"), "is safetensors"),
        refused("Z01: safetensors with blanks", text("\4\0\0\0\0\0\0\0 \n{}"), "is safetensors"),
        refused("Z01: a pickle of something", text("\u0080\2}q\0."), "a pickle, but not one of"),
        refused("Z01: gzip", text("\u001f\u008b\10\0"), "compressed by gzip"),
        refused("Z01: HDF5", text("\u0089HDF\r\n\u001a\n"), "is HDF5"),
        refused("Z01: GGUF", text("GGUF\3\0\0\0"), "is GGUF"),
        refused("Z01: a NumPy array", text("\u0093NUMPY\1\0"), "a NumPy array"),
        refused("Z01: bytes of no kind", text("\0\1\2\3"), "is not a PyTorch file"),
        refused("Z01: JSON", text("{\"a\": 1}"), "is text"),
        refused("Z16: a tar archive", tar, "before version 0.1.10"));
  }

  static Stream<Object[]> records() {
    return named(
        ok("Z13a: byteorder little", zip -> zip.add("archive/byteorder", "little")),
        refused("Z13b: byteorder big", zip -> zip.add("archive/byteorder", "big"), "'big' vs"),
        refused("Z13c: byteorder of junk", zip -> zip.add("archive/byteorder", "\1"), "\\u0001"),
        refused("Z13c: no byteorder in it", zip -> zip.add("archive/byteorder", ""), "'' vs"),
        refused(
            "Z13c: byteorder of 1 MB",
            zip -> zip.add("archive/byteorder", "x".repeat(1 << 20)),
            "at most 64"),
        ok("Z13a: version 3", zip -> {}),
        ok("Z13a: version 10 without a line feed", zip -> version(zip, "10")),
        ok(
            "Z13a: a version among the newer records",
            zip -> zip.entry("version").name("archive/.data/version")),
        refused("Z13b: version 99", zip -> version(zip, "99\n"), "version '99' vs"),
        refused("Z13b: version 11", zip -> version(zip, "11\n"), "version '11' vs"),
        refused("Z13b: version 0", zip -> version(zip, "0\n"), "version '0' vs"),
        refused("Z13c: version of junk", zip -> version(zip, "three"), "version 'three' vs"),
        refused("Z13c: version -3", zip -> version(zip, "-3"), "version '-3' vs"),
        refused(
            "Z13: no version",
            zip -> zip.entries.remove(zip.entry("version")),
            "no record 'version'"),
        ok("Z13: records of newer versions", TorchFilesTest::addNewerRecords),
        refused("Z14: constants.pkl", zip -> zip.add("archive/constants.pkl", "x"), "TorchScript"),
        refused("Z14: code", zip -> zip.add("archive/code/__torch__.py", "x"), "TorchScript"),
        ok("Z15: a folder of another name", TorchFilesTest::renameFolder),
        refused(
            "Z01: an archive of something else",
            zip -> zip.entries.removeIf(e -> !new String(e.name, StandardCharsets.UTF_8).endsWith("data/0")),
            "not one of PyTorch"),
        refused(
            "Z01: no data.pkl", zip -> zip.entries.remove(zip.entry("data.pkl")), "no record 'data.pkl'"),
        refused(
            "P16: bytes after the pickle's end",
            zip -> {
              var old = zip.entry("data.pkl").stored;
              zip.entries.set(0, new ZipBytes().add("archive/data.pkl", Arrays.copyOf(old, old.length + 2)));
            },
            "2 bytes after the pickle's end"));
  }

  private static void version(ZipBytes zip, String version) {
    zip.entries.remove(zip.entry("version"));
    zip.add("archive/version", version);
  }

  private static void addNewerRecords(ZipBytes zip) {
    zip.add("archive/.data/serialization_id", "0".repeat(40));
    zip.add("archive/.format_version", "1");
    zip.add("archive/.storage_alignment", "64");
    zip.add("archive/unheard_of", "whatever");
  }

  private static void renameFolder(ZipBytes zip) {
    for (var entry : zip.entries) {
      entry.name(new String(entry.name, StandardCharsets.UTF_8).replace("archive/", "modèle ☃/"));
    }
  }

  @Test
  void refusesWhatIsNoRegularFileWithoutHanging() throws Exception {
    var missing = directory.resolve("none.pth");
    assertSays(missing, "no such file");
    assertSays(directory, "is a directory");
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20), () -> assertSays(Path.of("/dev/zero"), "not a regular file"));
    var loop = directory.resolve("loop.bin");
    Files.createSymbolicLink(loop, loop);
    assertSays(loop, "cannot be read");
  }

  private static void assertSays(Path file, String says) {
    var error = assertThrows(MmibException.class, () -> HostileFile.readAll(file));
    assertEquals(ErrorCode.TORCH_FILE, error.code());
    assertTrue(error.getMessage().contains(says), error.getMessage());
  }

  @Test
  void readsWhatItsWriterWrites() {
    for (boolean legacy : new boolean[] {false, true}) {
      var file = directory.resolve("round.trip");
      if (legacy) {
        TorchWriter.legacy(file, HostileFile.stateDict());
      } else {
        TorchWriter.zip(file, HostileFile.stateDict());
      }
      HostileFile.requireValues(file);
      try (var torch = TorchFile.open(file)) {
        assertEquals(
            legacy ? FileContent.TORCH_STREAM : FileContent.TORCH_ZIP, torch.content());
      }
    }
  }

  @Test
  void sharesStoragesAndReadsEveryType() {
    var shared =
        new SavedValue.Storage(
            TensorType.I16, 6, (at, to) -> to.asShortBuffer().put(new short[] {1, 2, 3, 4, 5, 6}, (int) at, to.remaining() / 2));
    var entries = new LinkedHashMap<String, SavedValue>();
    entries.put("rows", new SavedValue.Tensor(shared, 0, List.of(2L, 3L), List.of(3L, 1L)));
    entries.put("transposed", new SavedValue.Tensor(shared, 0, List.of(3L, 2L), List.of(1L, 3L)));
    entries.put("tail", new SavedValue.Parameter(new SavedValue.Tensor(shared, 4, List.of(2L), List.of(1L))));
    entries.put("name", new SavedValue.Text("modèle"));
    entries.put("many", new SavedValue.Tuple(List.of(new SavedValue.Whole(1L << 40), SavedValue.Constant.NONE)));
    for (boolean legacy : new boolean[] {false, true}) {
      var file = directory.resolve("shared");
      if (legacy) {
        TorchWriter.legacy(file, new SavedValue.Dict(entries));
      } else {
        TorchWriter.zip(file, new SavedValue.Dict(entries));
      }
      try (var torch = TorchFile.open(file)) {
        var found = Flattened.of(torch.root());
        assertShorts(found, "rows", 1, 2, 3, 4, 5, 6);
        assertShorts(found, "transposed", 1, 4, 2, 5, 3, 6);
        assertShorts(found, "tail", 5, 6);
        assertEquals(
            Map.of("name", "modèle", "many", List.of((double) (1L << 40), "None")), found.plain());
      }
    }
  }

  private static void assertShorts(Flattened found, String name, int... values) {
    var tensor = found.tensors().get(name);
    if (tensor == null) {
      throw new AssertionError("no " + name);
    }
    var bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putShort((short) value);
    }
    assertArrayEquals(bytes.array(), Flattened.bytes(tensor.source(), 2), name);
  }

  @Test
  void checksAStorageBeforeAPartOfItIsBelieved() throws IOException {
    var zip = ZipBytes.of(HostileFile.stateDict());
    zip.entry("data/0").stored[23] ^= 1;
    var file = Files.write(directory.resolve("part.pt"), zip.toBytes());
    try (var torch = TorchFile.open(file)) {
      var tensor = (TorchTensor) ((PickleValue.Dictionary) torch.root()).entries().get(new PickleValue.Text("weight"));
      var first = new TorchTensor(Objects.requireNonNull(tensor).storage(), 0, List.of(2L), List.of(1L));
      var second = new TorchTensor(tensor.storage(), 2, List.of(2L), List.of(1L));
      var crossed = new TorchTensor(tensor.storage(), 0, List.of(3L, 2L), List.of(1L, 3L));
      for (var view : List.of(first, second, crossed, tensor)) {
        var error = assertThrows(MmibException.class, () -> Flattened.bytes(view.source(), 2));
        assertTrue(error.getMessage().contains("CRC"), error.getMessage());
      }
    }
  }

  @Test
  void saysThatItWasClosed() {
    var file = directory.resolve("closed.pt");
    TorchWriter.zip(file, HostileFile.stateDict());
    var torch = TorchFile.open(file);
    torch.close();
    torch.close();
    var tensor = Flattened.of(torch.root()).tensors().values().iterator().next();
    var error = assertThrows(MmibException.class, () -> Flattened.bytes(tensor.source(), 9));
    assertEquals(ErrorCode.CLOSED, error.code());
  }

  @Test
  void refusesAFileCutBetweenOpeningAndReading() throws IOException {
    var file = directory.resolve("cut.pt");
    TorchWriter.zip(file, Map.of("w", TensorSource.bytes(TensorType.U8, List.of(9000L), new byte[9000])));
    try (var torch = TorchFile.open(file)) {
      try (var cut = new RandomAccessFile(file.toFile(), "rw")) {
        cut.setLength(5000);
      }
      var tensor = Flattened.of(torch.root()).tensors().values().iterator().next();
      var error = assertThrows(MmibException.class, () -> Flattened.bytes(tensor.source(), 100));
      assertEquals(ErrorCode.TORCH_FILE, error.code());
      assertTrue(error.getMessage().contains("too early"), error.getMessage());
    }
  }

  /** Z12a. */
  @Test
  void readsAHundredThousandEntries() throws IOException {
    var zip = ZipBytes.of(HostileFile.stateDict());
    for (int i = 2; i < 100_000 - 2; i++) {
      zip.add("archive/data/" + i, "");
    }
    zip.zip64End = true;
    zip.saturatedEnd = true;
    HostileFile.requireValues(Files.write(directory.resolve("many.pt"), zip.toBytes()));
  }

  /** Z12b: the number is refused before anything is made for it. */
  @Test
  void refusesTenMillionEntriesByTheirNumber() throws IOException {
    var zip = ZipBytes.of(HostileFile.stateDict());
    zip.zip64End = true;
    zip.saturatedEnd = true;
    zip.count64 = 10_000_000;
    var bytes = zip.toBytes();
    assertSays(Files.write(directory.resolve("count.pt"), bytes), "10000000 entries in");
    var sparse = directory.resolve("sparse.pt");
    try (var file = new RandomAccessFile(sparse.toFile(), "rw")) {
      file.write(bytes, 0, bytes.length - 98);
      // A directory of zeros, long enough for the number.
      long length = 46L * 10_000_000;
      var end = ByteBuffer.wrap(bytes, bytes.length - 98, 98).slice().order(ByteOrder.LITTLE_ENDIAN);
      long start = end.getLong(48);
      end.putLong(40, length).putLong(64, start + length);
      file.seek(start + length);
      file.write(bytes, bytes.length - 98, 98);
    }
    assertSays(sparse, "10000000 entries in");
  }

  /** Z03a: a storage of more than 4 GiB, of which nearly all is a hole, and one beyond it. */
  @Test
  void findsStoragesBeyondFourGibibytes() throws IOException {
    long big = (1L << 32) + 64;
    try (var torch = TorchFile.open(sparse(big, true))) {
      var found = Flattened.of(torch.root()).tensors();
      assertEquals(List.of("big", "small"), new ArrayList<>(found.keySet()));
      var small = Objects.requireNonNull(found.get("small"));
      assertArrayEquals(new byte[] {1, 2, 3, 4, 5}, Flattened.bytes(small.source(), 2));
      assertEquals(big, Objects.requireNonNull(found.get("big")).size());
    }
    try (var torch = TorchFile.open(sparse(big, false))) {
      var found = Flattened.of(torch.root()).tensors();
      var one = Objects.requireNonNull(found.get("big")).storage();
      var last = ByteBuffer.allocate(2);
      one.read(big - 2, last);
      assertArrayEquals(new byte[] {0, 9}, last.array());
      var small = Objects.requireNonNull(found.get("small"));
      assertArrayEquals(new byte[] {1, 2, 3, 4, 5}, Flattened.bytes(small.source(), 2));
    }
  }

  /** Z03a: all of such a storage is read, and its checksum compared. */
  @Test
  @Tag("slow")
  void checksAStorageOfMoreThanFourGibibytes() throws IOException {
    long big = (1L << 32) + 64;
    try (var torch = TorchFile.open(sparse(big, true))) {
      var tensor = Objects.requireNonNull(Flattened.of(torch.root()).tensors().get("big"));
      var source = tensor.source();
      var run = ByteBuffer.allocate(1 << 20);
      for (long at = 0; at < big; at += run.capacity()) {
        run.clear().limit((int) Math.min(run.capacity(), big - at));
        source.content().put(at, run);
      }
      assertEquals(9, run.get(63));
    }
  }

  /** A file of a storage that ends in 9 after zeros, which take no room on disk, and another. */
  private Path sparse(long big, boolean zip) throws IOException {
    var holes = directory.resolve(zip ? "holes.zip" : "holes.legacy");
    var entries = new LinkedHashMap<String, SavedValue>();
    var wide = new SavedValue.Storage(TensorType.U8, big, (at, to) -> markLast(big, at, to));
    entries.put("big", new SavedValue.Tensor(wide, 0, List.of(big), List.of(1L)));
    entries.put("small", SavedValue.tensor(TensorSource.bytes(TensorType.U8, List.of(5L), new byte[] {1, 2, 3, 4, 5})));
    try (var out = new SparseOutput(holes)) {
      if (zip) {
        TorchWriter.zip(out, new SavedValue.Dict(entries));
      } else {
        TorchWriter.legacy(out, new SavedValue.Dict(entries));
      }
    }
    return holes;
  }

  private static void markLast(long size, long at, ByteBuffer to) {
    if (at + to.remaining() == size) {
      to.put(to.limit() - 1, (byte) 9);
    }
  }
}
