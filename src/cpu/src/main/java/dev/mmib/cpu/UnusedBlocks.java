package dev.mmib.cpu;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Memory that nobody uses, by size: sizes are at least an eighth of a power of two apart. Numbers
 * of sizes, not boxed sizes, find it, so that taking and putting back make no garbage. Not
 * thread-safe.
 */
final class UnusedBlocks {

  private static final int STEPS = 8;

  /** The blocks of a size. */
  private static final class Shelf {
    private final ArrayDeque<MemoryBlock> blocks = new ArrayDeque<>();
    private long used; // when
  }

  private final @Nullable Shelf[] shelves = new Shelf[STEPS * Long.SIZE];
  private long uses;
  private long bytes;

  /** A number for each of the sizes that blocks have. */
  private static int number(long size) {
    long power = Long.highestOneBit(size - 1);
    long eighths = (size - power) * STEPS; // above power and up to twice of it
    return STEPS * Long.numberOfTrailingZeros(power) + (int) ((eighths - 1) / power);
  }

  /** Bytes of all blocks. */
  long bytes() {
    return bytes;
  }

  /** Takes out the block of a size that was put back last; null if there is none. */
  @Nullable MemoryBlock take(long size) {
    Shelf shelf = shelves[number(size)];
    if (shelf == null) {
      return null;
    }
    shelf.used = ++uses;
    MemoryBlock block = shelf.blocks.pollLast();
    if (block != null) {
      bytes -= size;
    }
    return block;
  }

  void put(MemoryBlock block) {
    int number = number(block.size());
    Shelf shelf = shelves[number];
    if (shelf == null) {
      shelf = new Shelf();
      shelves[number] = shelf;
    }
    shelf.used = ++uses;
    shelf.blocks.addLast(block);
    bytes += block.size();
  }

  /** Frees blocks until at most {@code most} bytes are left, the sizes unused for longest first. */
  void shrinkTo(long most) {
    while (bytes > Math.max(0, most)) {
      MemoryBlock block = longestUnused().blocks.removeFirst();
      bytes -= block.size();
      block.free();
    }
  }

  private Shelf longestUnused() {
    Shelf longest = null;
    for (Shelf shelf : shelves) {
      if (shelf != null
          && !shelf.blocks.isEmpty()
          && (longest == null || shelf.used < longest.used)) {
        longest = shelf;
      }
    }
    if (longest == null) {
      throw new IllegalStateException("unused blocks: " + bytes + " bytes in none");
    }
    return longest;
  }
}
