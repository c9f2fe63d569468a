package dev.mmib.cuda;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that recorded work uses: in every replay the n-th buffer lies where it lay when the
 * graph was captured, since the graph has the addresses in it.
 */
final class RecordedMemory {

  private final CudaMemory memory;
  private final FreeBlocks unused = new FreeBlocks();
  private final List<CudaMemory.Block> inOrder = new ArrayList<>();
  private final Set<CudaMemory.Block> all = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<CudaMemory.Block> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private @Nullable Thread thread;
  private Recording.Phase phase = Recording.Phase.REHEARSAL;
  private int next;
  private boolean discarded;

  RecordedMemory(CudaMemory memory) {
    this.memory = memory;
  }

  boolean belongsToThisThread() {
    return thread == Thread.currentThread();
  }

  /** This thread's buffers are those of the recording from now on. */
  synchronized void begin(Recording.Phase now) {
    phase = now;
    next = 0;
    thread = Thread.currentThread();
    if (now != Recording.Phase.REPLAY) {
      inOrder.clear();
    }
  }

  synchronized void end() {
    thread = null;
  }

  /** Whether a buffer of the last run is still in use, so that another run would overwrite it. */
  synchronized boolean isInUse() {
    return inOrder.stream().anyMatch(open::contains);
  }

  synchronized CudaMemory.Block take(long size, long asked) {
    var block = phase == Recording.Phase.REPLAY ? replayed(size) : null;
    if (block == null) {
      if (phase == Recording.Phase.REPLAY || phase == Recording.Phase.PLAIN) {
        return memory.take(size, asked, null); // the work went another way than it was recorded
      }
      block = unused.poll(size);
      if (block == null) {
        block = memory.take(size, asked, this);
        all.add(block);
      }
      inOrder.add(block);
    }
    open.add(block);
    return block;
  }

  /** The next block, or null if the work wants another, or still has what it had closed before. */
  private CudaMemory.@Nullable Block replayed(long size) {
    if (next == inOrder.size()) {
      return null;
    }
    var block = inOrder.get(next);
    if (block.size() != size || open.contains(block)) {
      return null;
    }
    next++;
    return block;
  }

  /** The work goes on in another way than it was recorded. */
  synchronized void leave() {
    phase = Recording.Phase.PLAIN;
  }

  synchronized void takeBack(CudaMemory.Block block) {
    open.remove(block);
    if (discarded) {
      memory.putBack(new CudaMemory.Block(block.size(), block.pointer(), null));
    } else if (phase == Recording.Phase.REHEARSAL || phase == Recording.Phase.CAPTURE) {
      unused.add(block);
    }
  }

  /** Gives the blocks to everyone; those of buffers that are open, when they are closed. */
  synchronized void discard() {
    discarded = true;
    all.removeAll(open);
    all.forEach(block -> memory.putBack(new CudaMemory.Block(block.size(), block.pointer(), null)));
  }
}
