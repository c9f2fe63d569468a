package dev.mmib.convert.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of PyTorch with numbers of entries and bytes that are too large for narrow fields. */
class LargeTorchFileTest {

  @TempDir Path directory;

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
    TorchFileTest.assertSays(
        Files.write(directory.resolve("count.pt"), bytes), "10000000 entries in");
    var sparse = directory.resolve("sparse.pt");
    try (var file = new RandomAccessFile(sparse.toFile(), "rw")) {
      file.write(bytes, 0, bytes.length - 98);
      // A directory of zeros, long enough for the number.
      long length = 46L * 10_000_000;
      var end =
          ByteBuffer.wrap(bytes, bytes.length - 98, 98).slice().order(ByteOrder.LITTLE_ENDIAN);
      long start = end.getLong(48);
      end.putLong(40, length).putLong(64, start + length);
      file.seek(start + length);
      file.write(bytes, bytes.length - 98, 98);
    }
    TorchFileTest.assertSays(sparse, "10000000 entries in");
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
    entries.put(
        "small",
        SavedValue.tensor(
            TensorSource.bytes(TensorType.U8, List.of(5L), new byte[] {1, 2, 3, 4, 5})));
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
