package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the tests of endurance measure with would notice what they look for. */
class ProcessMemoryTest {

  private static final int SIZE = 256 << 20;

  @Test
  void growthOutsideOfTheHeapIsNoticedAndGrowthOfTheHeapIsNotMistakenForIt() throws IOException {
    assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "the system does not tell");
    var then = ProcessMemory.now();
    var outside = ByteBuffer.allocateDirect(SIZE);
    for (int i = 0; i < SIZE; i += 512) {
      outside.put(i, (byte) 1);
    }
    var more = ProcessMemory.now();
    assertTrue(more.outsideGrownSince(then) > SIZE / 2, then + ", " + more);
    assertTrue(more.heapGrownSince(then) < SIZE / 4, then + ", " + more);
    var heap = new byte[SIZE];
    var most = ProcessMemory.now();
    assertTrue(most.outsideGrownSince(more) < SIZE / 4, more + ", " + most);
    assertTrue(most.heapGrownSince(more) > SIZE / 2, more + ", " + most);
    assertEquals(0, heap[0] + outside.get(1));
  }
}
