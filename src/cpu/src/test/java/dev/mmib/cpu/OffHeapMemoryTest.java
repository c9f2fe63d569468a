package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.DType;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class OffHeapMemoryTest {

  private static final long MEGABYTE = 1 << 20;

  @Test
  void alignsEveryBufferToACacheLine() {
    try (var memory = new OffHeapMemory()) {
      for (int length : new int[] {0, 1, 3, 17, 1025, 100_003}) {
        try (var buffer = memory.allocate(DType.F32, length)) {
          assertEquals(0, buffer.pointer().address() % OffHeapMemory.ALIGNMENT);
          assertEquals(length, buffer.floats().limit());
          assertTrue(buffer.floats().isDirect());
        }
      }
    }
  }

  @Test
  void roundsSizesByAnEighthAtMost() {
    for (long bytes = 1; bytes < Integer.MAX_VALUE - 64; bytes += 1 + bytes / 7) {
      long size = OffHeapMemory.blockSize(bytes);
      assertTrue(size >= bytes, bytes + " in " + size);
      assertTrue(size <= Math.max(256, bytes + bytes / 8 + 64), bytes + " in " + size);
    }
  }

  @Test
  void handsOutAgainWhatWasClosed() {
    try (var memory = new OffHeapMemory();
        var other = memory.allocate(DType.F32, 1)) {
      var first = memory.allocate(DType.F32, 1000);
      long address = first.pointer().address();
      first.close();
      assertEquals(4096, memory.unusedBytes());
      try (var second = memory.allocate(DType.F32, 1001)) {
        assertEquals(address, second.pointer().address());
        assertEquals(0, memory.unusedBytes());
      }
      assertEquals(1, other.length());
    }
  }

  @Test
  void endsWhereTheBufferDoesWhateverItsMemoryHeldBefore() {
    try (var memory = new OffHeapMemory();
        var other = memory.allocate(DType.F32, 1)) {
      long address = 0;
      for (int length : new int[] {1000, 1001, 990}) {
        for (var type : DType.values()) {
          try (var buffer = memory.allocate(type, length)) {
            var view = type == DType.F32 ? buffer.floats() : buffer.ints();
            assertEquals(length, view.limit());
            assertEquals(0, view.position());
            if (type == DType.F32) {
              assertTrue(address == 0 || address == buffer.pointer().address());
              address = buffer.pointer().address();
              assertThrows(IndexOutOfBoundsException.class, () -> buffer.floats().put(length, 1f));
            }
          }
        }
      }
      assertEquals(1, other.floats().limit());
    }
  }

  @Test
  void givesEverythingBackWithTheLastBuffer() {
    try (var memory = new OffHeapMemory()) {
      var a = memory.allocate(DType.F32, 1000);
      var b = memory.allocate(DType.F32, 5000);
      a.close();
      assertTrue(memory.unusedBytes() > 0);
      b.close();
      assertEquals(0, memory.unusedBytes());
      assertEquals(0, memory.use().liveBuffers());
      assertEquals(0, memory.use().liveBytes());
    }
  }

  /** The way there takes many buffers, the way back one that is large: neither evicts the other. */
  @Test
  void keepsTheSizesOfEveryPartOfAStep() {
    try (var memory = new OffHeapMemory();
        var weights = memory.allocate(DType.F32, 100_000)) {
      var buffers = new ArrayList<OffHeapBuffer>();
      for (int i = 0; i < 10; i++) {
        buffers.add(memory.allocate(DType.F32, 10_000));
      }
      buffers.subList(1, 10).forEach(OffHeapBuffer::close);
      memory.allocate(DType.F32, 20_000).close();
      buffers.get(0).close();
      long all = 10 * OffHeapMemory.blockSize(40_000) + OffHeapMemory.blockSize(80_000);
      assertEquals(all, memory.unusedBytes());
      assertEquals(100_000, weights.length());
    }
  }

  @Test
  void keepsAtMostAnEighthMoreThanTheLargestUse() {
    try (var memory = new OffHeapMemory();
        var weights = memory.allocate(DType.F32, 1000)) {
      // Ever new sizes: nothing kept fits, and yet the process does not grow.
      for (int i = 1; i < 200; i++) {
        memory.allocate(DType.F32, 10_000 * i).close();
        long mostAtOnce = OffHeapMemory.blockSize(4L * 10_000 * i) + 4096;
        assertTrue(memory.unusedBytes() <= mostAtOnce / 8 * 9, i + ": " + memory.unusedBytes());
      }
      memory.trim();
      assertEquals(0, memory.unusedBytes());
      assertEquals(1000, weights.floats().limit());
    }
  }

  @Test
  void namesWhatWasAskedForWhenThereIsNoMore() {
    try (var memory = new OffHeapMemory(8 * MEGABYTE)) {
      var live = memory.allocate(DType.F32, 1 << 20);
      var error =
          assertThrows(MmibException.class, () -> memory.allocate(DType.F32, (1 << 20) + 1));
      assertEquals(ErrorCode.OUT_OF_MEMORY, error.code());
      for (var part :
          new String[] {
            "1048577 elements of F32",
            "5 MiB",
            "limit is 8 MiB",
            "4 MiB live in 1 buffers",
            "smaller batch",
            OffHeapMemory.MAX_BYTES_PROPERTY
          }) {
        assertTrue(String.valueOf(error.getMessage()).contains(part), error.toString());
      }
      // It was only too much: less still works, and so does everything once the room is free.
      memory.allocate(DType.F32, 1 << 19).close();
      live.close();
      memory.allocate(DType.F32, (1 << 20) + 1).close();
      assertEquals(0, memory.use().liveBuffers());
    }
  }

  @Test
  void countsUnusedBlocksAsRoom() {
    try (var memory = new OffHeapMemory(8 * MEGABYTE);
        var small = memory.allocate(DType.F32, 1)) {
      memory.allocate(DType.F32, 1 << 20).close();
      memory.allocate(DType.F32, 3 << 19).close(); // fits only if the block before it goes
      assertEquals(1, small.length());
    }
  }

  @Test
  void refusesMoreThanAJavaBufferHolds() {
    try (var memory = new OffHeapMemory(Long.MAX_VALUE)) {
      var error =
          assertThrows(MmibException.class, () -> memory.allocate(DType.F32, Integer.MAX_VALUE));
      assertTrue(String.valueOf(error.getMessage()).contains("2 GiB"), error.toString());
    }
  }

  @Test
  void survivesClosingTwiceAndRefusesUseAfterwards() {
    try (var memory = new OffHeapMemory()) {
      var buffer = memory.allocate(DType.F32, 3);
      buffer.close();
      buffer.close();
      assertEquals(0, memory.use().liveBuffers());
      var error = assertThrows(IllegalStateException.class, buffer::floats);
      assertTrue(
          String.valueOf(error.getMessage()).contains("after its scope was closed"),
          error.toString());
      assertThrows(IllegalStateException.class, buffer::pointer);
    }
  }

  @Test
  void freesWhatOutlivesTheBackend() {
    var memory = new OffHeapMemory();
    var late = memory.allocate(DType.I32, 7);
    memory.close();
    late.ints().put(0, 5);
    late.close();
    assertEquals(0, memory.use().liveBuffers());
    assertThrows(IllegalStateException.class, () -> memory.allocate(DType.F32, 1));
  }

  @Test
  void servesManyThreadsAtOnce() throws Exception {
    try (var memory = new OffHeapMemory()) {
      var pool = Executors.newFixedThreadPool(16);
      var tasks = new ArrayList<Callable<Boolean>>();
      for (int t = 0; t < 16; t++) {
        int mark = t;
        tasks.add(() -> fillAndCheck(memory, mark));
      }
      for (var done : pool.invokeAll(tasks)) {
        assertTrue(done.get());
      }
      pool.shutdown();
      assertEquals(0, memory.use().liveBuffers());
      assertEquals(0, memory.use().liveBytes());
    }
  }

  /** Nobody else writes into what this thread holds. */
  private static boolean fillAndCheck(OffHeapMemory memory, int mark) {
    for (int round = 0; round < 300; round++) {
      try (var a = memory.allocate(DType.I32, 1 + round * 7 % 500);
          var b = memory.allocate(DType.I32, 1 + round * 13 % 5000)) {
        assertNotSame(a.ints(), b.ints());
        for (var buffer : new OffHeapBuffer[] {a, b}) {
          for (int i = 0; i < buffer.length(); i++) {
            buffer.ints().put(i, mark);
          }
        }
        for (int i = 0; i < a.length(); i++) {
          if (a.ints().get(i) != mark || b.ints().get(i % b.length()) != mark) {
            return false;
          }
        }
      }
    }
    return true;
  }

  @Test
  void refusesANegativeLength() {
    try (var memory = new OffHeapMemory()) {
      assertThrows(IllegalArgumentException.class, () -> memory.allocate(DType.F32, -1));
      assertFalse(memory.use().liveBuffers() > 0);
    }
  }
}
