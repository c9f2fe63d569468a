package dev.mmib.cuda;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Blocks of device memory that nobody uses, by size. Not safe for use by many threads. */
final class FreeBlocks {

  private final Map<Long, ArrayDeque<CudaMemory.Block>> bySize = new HashMap<>();
  private long bytes;

  long bytes() {
    return bytes;
  }

  /** Takes out the block of this size that came last, or null if there is none. */
  CudaMemory.@Nullable Block poll(long size) {
    var blocks = bySize.get(size);
    var block = blocks == null ? null : blocks.pollLast();
    if (block != null) {
      bytes -= size;
    }
    return block;
  }

  void add(CudaMemory.Block block) {
    bySize.computeIfAbsent(block.size(), size -> new ArrayDeque<>()).addLast(block);
    bytes += block.size();
  }

  void drainTo(Collection<CudaMemory.Block> all) {
    bySize.values().forEach(all::addAll);
    bySize.clear();
    bytes = 0;
  }
}
