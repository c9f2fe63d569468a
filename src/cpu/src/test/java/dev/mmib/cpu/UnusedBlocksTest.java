package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UnusedBlocksTest {

  private final UnusedBlocks unused = new UnusedBlocks();

  @AfterEach
  void nothingIsLeft() {
    unused.shrinkTo(0);
    assertEquals(0, unused.bytes());
  }

  private static MemoryBlock block(long size) {
    var block = MemoryBlock.malloc(size, 64);
    assertNotNull(block);
    return block;
  }

  private static void free(@Nullable MemoryBlock block) {
    assertNotNull(block);
    block.free();
  }

  @Test
  void givesBlocksOfThatVerySize() {
    long before = 0;
    for (long asked = 1; asked < 1 << 22; asked += 1 + asked / 40) {
      long size = OffHeapMemory.blockSize(asked);
      var block = block(size);
      unused.put(block);
      assertEquals(size, unused.bytes());
      if (before != size && before > 0) {
        assertNull(unused.take(before), before + " vs " + size);
      }
      assertSame(block, unused.take(size));
      assertNull(unused.take(size));
      assertEquals(0, unused.bytes());
      block.free();
      before = size;
    }
  }

  @Test
  void givesTheBlockThatWasPutBackLast() {
    var blocks = List.of(block(256), block(256), block(256));
    blocks.forEach(unused::put);
    for (int i = 2; i >= 0; i--) {
      assertSame(blocks.get(i), unused.take(256));
    }
    blocks.forEach(MemoryBlock::free);
  }

  @Test
  void freesTheSizesUnusedForLongestFirst() {
    for (long size : new long[] {4096, 256, 1024}) {
      unused.put(block(size));
      unused.put(block(size));
    }
    unused.put(block(512));
    assertNull(unused.take(2048)); // asking for what is not there changes nothing
    free(unused.take(4096)); // now 4096 was used last, and 256 before all others
    unused.shrinkTo(4096 + 512 + 1024 + 255 + 1024);
    assertNull(unused.take(256));
    assertEquals(4096 + 512 + 2 * 1024, unused.bytes());
    unused.shrinkTo(4096 + 512 + 1024);
    assertEquals(4096 + 512 + 1024, unused.bytes());
    free(unused.take(1024));
    assertNull(unused.take(1024));
    unused.shrinkTo(4096);
    assertNull(unused.take(512));
    free(unused.take(4096));
  }
}
