package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.convert.torch.SavedValue;
import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.fault.Child;
import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import dev.mmib.train.ProcessMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process holds at most while it converts, with room on its heap for all of a file. */
class ConvertingMemoryTest {

  private static final long SIDE = 3_000;
  private static final long LARGEST = SIDE * SIDE * 4;
  private static final int TENSORS = 12; // 432 MB
  private static final long ALLOWED = 128 << 20;

  @TempDir Path dir;

  /** Converts a file and says the most that was resident. */
  static final class Converting {

    private Converting() {}

    public static void main(String[] arguments) throws IOException {
      var to = Path.of(arguments[1]);
      var done = Converter.convert(Path.of(arguments[0]), to, ConvertOptions.STANDARD);
      System.out.println("peak " + ProcessMemory.peak() + " bytes " + done.bytes());
    }
  }

  @BeforeEach
  void needsLinux() throws IOException {
    assumeTrue(ProcessMemory.peak() > 0, "skipped: this system does not tell a process's peak");
  }

  @Test
  void holdsLittleOfAZip() throws Exception {
    TorchWriter.zip(dir.resolve("big.pt"), model(TENSORS, false));
    assertHoldsAtMost(ALLOWED);
  }

  @Test
  void holdsLittleOfAStream() throws Exception {
    TorchWriter.legacy(dir.resolve("big.pt"), model(TENSORS, false));
    assertHoldsAtMost(ALLOWED);
  }

  @Test
  void holdsNoMoreThanATransposedTensorNeeds() throws Exception {
    TorchWriter.zip(dir.resolve("big.pt"), model(TENSORS, true));
    assertHoldsAtMost(LARGEST + ALLOWED);
  }

  private void assertHoldsAtMost(long allowed) throws Exception {
    TorchWriter.zip(dir.resolve("small.pt"), model(0, false));
    long without = peak("small");
    long more = peak("big") - without;
    assertTrue(more <= allowed, () -> (more >> 20) + " MiB more than for a small file");
  }

  private long peak(String name) throws Exception {
    var from = dir.resolve(name + ".pt").toString();
    var to = dir.resolve(name + ".safetensors").toString();
    try (var child = Child.start(Converting.class, from, to)) {
      var line = child.await("peak");
      assertNotNull(line, () -> child.lines().toString());
      return Long.parseLong(line.split(" ")[1]);
    }
  }

  /** Square tensors of 36 MB, and a small one. */
  private static SavedValue model(int count, boolean isTransposed) {
    var tensors = new LinkedHashMap<String, SavedValue>();
    tensors.put(
        "small", SavedValue.tensor(TensorSource.bytes(TensorType.U8, List.of(2L), new byte[2])));
    for (int i = 0; i < count; i++) {
      var storage =
          new SavedValue.Storage(TensorType.F32, SIDE * SIDE, (at, to) -> to.position(to.limit()));
      var strides = isTransposed ? List.of(1L, SIDE) : List.of(SIDE, 1L);
      tensors.put("t" + i, new SavedValue.Tensor(storage, 0, List.of(SIDE, SIDE), strides));
    }
    return new SavedValue.Ordered(tensors);
  }
}
