package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.fault.Child;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the tests of endurance measure with would notice what they look for. */
class ProcessMemoryTest {

  private static final int SIZE = 128 << 20;

  /** In a Java of its own: what other tests allocated must not be freed in between. */
  @Test
  void growthOutsideOfTheHeapIsNoticedAndGrowthOfTheHeapIsNotMistakenForIt()
      throws IOException, InterruptedException {
    assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "the system does not tell");
    try (var child = Child.start(List.of("-Xms8m"), Growing.class)) {
      assertEquals(0, child.join(), () -> String.join("\n", child.lines()));
    }
  }

  /** Grows by turns outside of the heap and in it, and looks whether that is seen. */
  static final class Growing {

    private Growing() {}

    public static void main(String[] arguments) throws IOException {
      var then = ProcessMemory.now();
      var outside = ByteBuffer.allocateDirect(SIZE);
      for (int i = 0; i < SIZE; i += 512) {
        outside.put(i, (byte) 1);
      }
      var more = ProcessMemory.now();
      require(more.outsideGrownSince(then) > SIZE / 2, then, more);
      require(more.heapGrownSince(then) < SIZE / 4, then, more);
      var heap = new byte[SIZE];
      var most = ProcessMemory.now();
      require(most.outsideGrownSince(more) < SIZE / 4, more, most);
      require(most.heapGrownSince(more) > SIZE / 2, more, most);
      require(heap[0] + outside.get(1) == 0, more, most); // both are held until here
    }

    private static void require(boolean holds, ProcessMemory before, ProcessMemory after) {
      if (!holds) {
        throw new IllegalStateException(before + ", " + after);
      }
    }
  }
}
