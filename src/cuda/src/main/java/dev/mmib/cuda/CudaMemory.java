package dev.mmib.cuda;

import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;

import dev.mmib.backend.DType;
import dev.mmib.backend.MemoryMeter;
import dev.mmib.backend.MemoryUse;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one GPU. Closed buffers are kept by size and handed out again: asking the driver
 * costs microseconds and may wait for the device.
 *
 * <p>All work goes through one stream, so a block that a kernel still reads may be given to a later
 * kernel at once. Safe for use by many threads.
 */
final class CudaMemory implements AutoCloseable {

  /**
   * System property: {@code false} asks the driver for every buffer, to its exact size, so that
   * {@code compute-sanitizer} sees accesses out of bounds. Slow.
   */
  static final String CACHING_PROPERTY = "mmib.cuda.caching";

  private static final long SMALLEST_BLOCK = 512;

  /**
   * A stretch of device memory.
   *
   * @param owner the recording that it belongs to; null for everyone's
   */
  record Block(long size, DevicePointer pointer, @Nullable RecordedMemory owner) {}

  private final CudaContext context;
  private final boolean caching;
  private final MemoryMeter meter = new MemoryMeter();
  private final FreeBlocks unused = new FreeBlocks();

  /** While work is recorded or replayed on its thread, blocks are those of the recording. */
  private volatile @Nullable RecordedMemory recorded;

  private int blocks;
  private boolean closed;

  /** Memory of {@code context}, which is closed with the last block. */
  CudaMemory(CudaContext context) {
    this.context = context;
    this.caching = !"false".equals(System.getProperty(CACHING_PROPERTY));
  }

  /** Allocates {@code length} elements of undefined content. */
  CudaBuffer allocate(DType type, int length) {
    if (length < 0) {
      throw new IllegalArgumentException("allocate: length " + length + " vs at least 0");
    }
    long asked = 4L * length;
    long size = blockSize(asked);
    var recording = recordedHere();
    var block = recording != null ? recording.take(size, asked) : take(size, asked, null);
    meter.allocated(asked);
    return new CudaBuffer(this, type, length, block, true);
  }

  /** A buffer that is never one of a recording. */
  CudaBuffer allocateLasting(DType type, int length) {
    long asked = 4L * length;
    var block = take(blockSize(asked), asked, null);
    meter.allocated(asked);
    return new CudaBuffer(this, type, length, block, true);
  }

  /**
   * A buffer of the backend's own, which counts in no report: tables, workspaces. Never one of a
   * recording.
   */
  CudaBuffer allocateInternal(DType type, int length) {
    long asked = 4L * length;
    return new CudaBuffer(this, type, length, take(blockSize(asked), asked, null), false);
  }

  /** Sizes in steps of an eighth of a power of two, so that similar requests share blocks. */
  long blockSize(long bytes) {
    if (!caching) {
      return Math.max(4, bytes);
    }
    if (bytes <= SMALLEST_BLOCK) {
      return SMALLEST_BLOCK;
    }
    long step = Math.max(SMALLEST_BLOCK, Long.highestOneBit(bytes - 1) >> 3);
    return (bytes + step - 1) / step * step;
  }

  private @Nullable RecordedMemory recordedHere() {
    var now = recorded;
    return now != null && now.belongsToThisThread() ? now : null;
  }

  /**
   * A block that nobody uses.
   *
   * @param owner the recording that it is for; null for none
   */
  synchronized Block take(long size, long asked, @Nullable RecordedMemory owner) {
    requireOpen();
    var known = unused.poll(size);
    return new Block(size, known != null ? known.pointer() : fromDriver(size, asked), owner);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the backend of this memory is closed");
    }
  }

  /** A block from the driver; if it has none left, after giving back what is unused. */
  private DevicePointer fromDriver(long size, long asked) {
    context.makeCurrent();
    var pointer = new DevicePointer();
    int status = cuMemAlloc(pointer, size);
    if (status == Driver.OUT_OF_MEMORY && unused.bytes() > 0) {
      trim();
      status = cuMemAlloc(pointer, size);
    }
    if (status == Driver.OUT_OF_MEMORY) {
      throw outOfMemory(asked);
    }
    Driver.check(status, "cuMemAlloc");
    blocks++;
    return pointer;
  }

  private MmibException outOfMemory(long asked) {
    var free = new long[1];
    var total = new long[1];
    Driver.check(cuMemGetInfo(free, total), "cuMemGetInfo");
    var now = use();
    return MmibException.of(
        ErrorCode.OUT_OF_MEMORY,
        "no memory for "
            + megabytes(asked)
            + " on "
            + context.name()
            + ": "
            + megabytes(free[0])
            + " of "
            + megabytes(total[0])
            + " free, "
            + megabytes(now.liveBytes())
            + " live here in "
            + now.liveBuffers()
            + " buffers",
        "Use a smaller batch or shorter texts, accumulate several small batches"
            + " (accumulate=4), close results and models that are not needed, leave graphs out, each"
            + " of which keeps its memory, or end other programs that use this GPU.");
  }

  private static String megabytes(long bytes) {
    return (bytes + (1 << 20) - 1 >> 20) + " MiB";
  }

  /** Takes back the block of a buffer that was closed. */
  void release(Block block, long asked, boolean counted) {
    if (counted) {
      meter.freed(asked);
    }
    if (block.owner() != null) {
      block.owner().takeBack(block);
    } else {
      putBack(block);
    }
  }

  /** Makes a block available to everyone. */
  synchronized void putBack(Block block) {
    if (closed || !caching) {
      free(block);
    } else {
      unused.add(block);
    }
  }

  private void free(Block block) {
    context.makeCurrent();
    Driver.check(cuMemFree(block.pointer()), "cuMemFree");
    blocks--;
    closeContextIfEmpty();
  }

  private void closeContextIfEmpty() {
    if (closed && blocks == 0) {
      context.close();
    }
  }

  /** Gives what is unused back to the driver, which waits until the device is done with it. */
  synchronized void trim() {
    List<Block> blocks = new ArrayList<>();
    unused.drainTo(blocks);
    blocks.forEach(this::free);
  }

  /** From now on this thread's blocks are those of a recording; null ends that. */
  void record(@Nullable RecordedMemory recording) {
    recorded = recording;
  }

  /** Bytes that more buffers can take: what the device has free and what is kept unused. */
  synchronized long availableBytes() {
    requireOpen();
    context.makeCurrent();
    var free = new long[1];
    Driver.check(cuMemGetInfo(free, new long[1]), "cuMemGetInfo");
    return free[0] + unused.bytes();
  }

  MemoryUse use() {
    return meter.use();
  }

  /** Frees what is unused; what is still live is freed when its buffer is closed. */
  @Override
  public synchronized void close() {
    try {
      trim();
    } finally {
      closed = true;
      closeContextIfEmpty();
    }
  }
}
