package dev.mmib.convert.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of PyTorch in use: opened, read in parts, closed, cut meanwhile. */
class TorchFileTest {

  @TempDir Path directory;

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
        assertEquals(legacy ? FileContent.TORCH_STREAM : FileContent.TORCH_ZIP, torch.content());
      }
    }
  }

  @Test
  void sharesStoragesAndReadsEveryType() {
    var shared =
        new SavedValue.Storage(
            TensorType.I16,
            6,
            (at, to) ->
                to.asShortBuffer()
                    .put(new short[] {1, 2, 3, 4, 5, 6}, (int) at, to.remaining() / 2));
    var entries = new LinkedHashMap<String, SavedValue>();
    entries.put("rows", new SavedValue.Tensor(shared, 0, List.of(2L, 3L), List.of(3L, 1L)));
    entries.put("transposed", new SavedValue.Tensor(shared, 0, List.of(3L, 2L), List.of(1L, 3L)));
    entries.put(
        "tail",
        new SavedValue.Parameter(new SavedValue.Tensor(shared, 4, List.of(2L), List.of(1L))));
    entries.put("name", new SavedValue.Text("modèle"));
    entries.put(
        "many",
        new SavedValue.Tuple(List.of(new SavedValue.Whole(1L << 40), SavedValue.Constant.NONE)));
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
      var tensor =
          (TorchTensor)
              ((PickleValue.Dictionary) torch.root()).entries().get(new PickleValue.Text("weight"));
      var first =
          new TorchTensor(Objects.requireNonNull(tensor).storage(), 0, List.of(2L), List.of(1L));
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
    TorchWriter.zip(
        file, Map.of("w", TensorSource.bytes(TensorType.U8, List.of(9000L), new byte[9000])));
    try (var torch = TorchFile.open(file)) {
      try (var cut = new RandomAccessFile(file.toFile(), "rw")) {
        cut.setLength(5000);
      }
      var tensor = Flattened.of(torch.root()).tensors().values().iterator().next();
      var error = assertThrows(MmibException.class, () -> Flattened.bytes(tensor.source(), 100));
      assertEquals(ErrorCode.TORCH_FILE, error.code());
      assertTrue(
          error.getMessage().contains("too early") || error.getMessage().contains("changed while"),
          error.getMessage());
    }
  }

  /** S29 for files of PyTorch: a stream has no checksums, so half of each would go unnoticed. */
  @Test
  void refusesAFileThatIsWrittenToBetweenTwoReads() throws IOException {
    var file = directory.resolve("rewritten.pt");
    TorchWriter.legacy(
        file, Map.of("w", TensorSource.bytes(TensorType.U8, List.of(9000L), new byte[9000])));
    try (var torch = TorchFile.open(file)) {
      var content =
          Flattened.of(torch.root()).tensors().values().iterator().next().source().content();
      content.put(0, ByteBuffer.allocate(4096));
      Files.setLastModifiedTime(file, FileTime.fromMillis(1));
      var error =
          assertThrows(MmibException.class, () -> content.put(4096, ByteBuffer.allocate(4096)));
      assertEquals(ErrorCode.TORCH_FILE, error.code());
      assertTrue(error.what().contains("changed while being read"), error.what());
    }
  }

  @Test
  void tellsWhatAFileHolds() throws IOException {
    var file = directory.resolve("model.safetensors");
    TorchWriter.zip(file, HostileFile.stateDict());
    assertEquals(FileContent.TORCH_ZIP, FileContent.of(file));
    TorchWriter.legacy(file, HostileFile.stateDict());
    assertEquals(FileContent.TORCH_STREAM, FileContent.of(file));
    Files.write(file, new byte[0]);
    assertEquals(FileContent.EMPTY, FileContent.of(file));
  }

  /** What the process has read so far, by all its threads. */
  private static long bytesRead() throws IOException {
    var counts = Path.of("/proc/self/io");
    assumeTrue(Files.isReadable(counts));
    var line = Files.readAllLines(counts).get(0);
    return Long.parseLong(line.substring("rchar: ".length()));
  }

  @Test
  void readsNoByteTwiceToCheckIt() throws IOException {
    var file = directory.resolve("big.pt");
    long size = 64 << 20;
    var ones = new TensorSource(TensorType.U8, List.of(size), (at, to) -> fill(to));
    TorchWriter.zip(file, Map.of("ones", ones));
    long before = bytesRead();
    try (var torch = TorchFile.open(file)) {
      var source = Flattened.of(torch.root()).tensors().values().iterator().next().source();
      var run = ByteBuffer.allocate(1 << 20);
      for (long at = 0; at < size; at += run.capacity()) {
        source.content().put(at, run.clear());
      }
      long streamed = bytesRead() - before;
      assertTrue(streamed < size * 5 / 4, streamed + " read of " + size);
      source.content().put(5, run.clear());
      assertTrue(bytesRead() - before < size * 5 / 4, "checked again for a part");
    }
  }

  private static void fill(ByteBuffer to) {
    while (to.hasRemaining()) {
      to.put((byte) 1);
    }
  }

  private static byte[] noise(int length) {
    var noise = new byte[length];
    new Random(length).nextBytes(noise);
    return noise;
  }

  @Test
  void readsCompressedStoragesBackAndForthOnlySoOften() throws IOException {
    int size = 8 << 20;
    var noise = noise(size);
    var zip =
        ZipBytes.of(
            SavedValue.tensor(TensorSource.bytes(TensorType.U8, List.of((long) size), noise)));
    zip.entry("data/0").deflated();
    var file = Files.write(directory.resolve("deflated.pt"), zip.toBytes());
    try (var torch = TorchFile.open(file)) {
      var storage = ((TorchTensor) torch.root()).storage();
      for (int at : new int[] {size - 2, 7, 0, size / 2}) {
        var two = ByteBuffer.allocate(2);
        storage.read(at, two);
        assertArrayEquals(new byte[] {noise[at], noise[at + 1]}, two.array());
      }
      var error =
          assertThrows(
              MmibException.class,
              () -> {
                for (int i = 0; i < 40; i++) {
                  storage.read(size - 1, ByteBuffer.allocate(1));
                }
              });
      assertTrue(error.getMessage().contains("over and over"), error.getMessage());
    }
  }

  @Test
  void servesSeveralThreads() throws Exception {
    var entries = new LinkedHashMap<String, SavedValue>();
    for (int i = 0; i < 8; i++) {
      var bytes = noise(100_000 + i);
      entries.put(
          "" + i,
          SavedValue.tensor(
              TensorSource.bytes(TensorType.U8, List.of((long) bytes.length), bytes)));
    }
    var zip = ZipBytes.of(new SavedValue.Dict(entries));
    zip.entry("data/3").deflated();
    zip.entry("data/4").deflated();
    var file = Files.write(directory.resolve("threads.pt"), zip.toBytes());
    var pool = Executors.newFixedThreadPool(4);
    try (var torch = TorchFile.open(file)) {
      var tensors = Flattened.of(torch.root()).tensors().values();
      var readings = new ArrayList<Future<?>>();
      for (int i = 0; i < 4; i++) {
        readings.add(
            pool.submit(
                () ->
                    tensors.forEach(
                        t ->
                            assertArrayEquals(
                                noise((int) t.size()), Flattened.bytes(t.source(), 10_000)))));
      }
      for (var reading : readings) {
        reading.get();
      }
    } finally {
      pool.shutdown();
    }
  }

  static void assertSays(Path file, String says) {
    var error = assertThrows(MmibException.class, () -> HostileFile.readAll(file));
    assertEquals(ErrorCode.TORCH_FILE, error.code());
    assertTrue(error.getMessage().contains(says), error.getMessage());
  }
}
