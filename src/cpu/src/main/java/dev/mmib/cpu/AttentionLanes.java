package dev.mmib.cpu;

import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import java.nio.FloatBuffer;

/** Attention divided among threads, each with plans and room for blocks of scores. */
final class AttentionLanes {

  /** Scores of a block: it, its gradient and what dropout leaves fit the second-level cache. */
  private static final int BLOCK = 1 << 15;

  private static final int FEWEST_ROWS = 16;

  private final OneDnn oneDnn;

  AttentionLanes(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
  }

  /** Rows of queries that are worked on together; depends on sizes alone. */
  static int blockRows(Heads h) {
    return Math.min(h.queries(), Math.max(FEWEST_ROWS, BLOCK / h.keys()));
  }

  @FunctionalInterface
  interface Plans {
    Plan of(int lane, int rows, int cols);
  }

  @FunctionalInterface
  interface Task {
    void run(Lane lane, int n);
  }

  /** What one thread at a time has: plans, and room for blocks of scores. */
  record Lane(
      Heads h, Plan whole, Plan last, FloatBuffer room, long address, int start, long planRoom) {

    /** The plan for a block of so many rows. */
    Plan plan(int rows) {
      return rows == blockRows(h) ? whole : last;
    }

    /** Where the block of number {@code array} begins in the room. */
    int index(int array) {
      return start + array * blockRows(h) * h.keys();
    }

    long address(int array) {
      return address + 4L * index(array);
    }
  }

  /**
   * Runs tasks on all threads, each in a lane.
   *
   * @param arrays how many blocks of scores a lane has room for
   */
  void forEach(Heads h, int tasks, int arrays, Plans plans, Task task) {
    int count = oneDnn.lanes(tasks);
    int whole = blockRows(h);
    int rest = h.queries() % whole;
    var ofWhole = new Plan[count];
    var ofLast = new Plan[count];
    int temporary = 0;
    for (int i = 0; i < count; i++) {
      ofWhole[i] = plans.of(i, whole, h.keys());
      ofLast[i] = rest == 0 ? ofWhole[i] : plans.of(i, rest, h.keys());
      temporary = Math.max(temporary, ofWhole[i].roomFloats());
      temporary = Math.max(temporary, ofLast[i].roomFloats());
    }
    // Parts begin at cache lines.
    int scores = (Math.multiplyExact(arrays, whole * h.keys()) + 15) / 16 * 16;
    int size = scores + temporary;
    try (OffHeapBuffer room =
        oneDnn.memory().allocate(DType.F32, Math.multiplyExact(count, size))) {
      var lanes = new Lane[count];
      long address = room.pointer().address();
      for (int i = 0; i < count; i++) {
        int start = i * size;
        long planRoom = address + 4L * (start + scores);
        lanes[i] = new Lane(h, ofWhole[i], ofLast[i], room.floats(), address, start, planRoom);
      }
      oneDnn.forEachInLanes(tasks, (i, n) -> task.run(lanes[i], n));
    }
  }
}
