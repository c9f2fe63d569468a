package dev.mmib.cpu;

import dev.mmib.backend.DType;
import dev.mmib.backend.MachineMemory;
import dev.mmib.backend.MemoryMeter;
import dev.mmib.backend.MemoryUse;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Memory outside the Java heap, freed deterministically and reused.
 *
 * <p>A training step allocates what the step before it freed. Closed buffers are therefore kept, by
 * size, and handed out again: their pages are not faulted in anew. What is kept never lifts the
 * process above the largest use so far, the sizes that were not asked for longest go first, and
 * when the last buffer is closed, or on {@link #trim}, all of it goes back to the system.
 *
 * <p>Safe for use by many threads. JavaCPP's own limits, which would count this memory without
 * knowing that it is freed by hand, are lifted unless the user has set them.
 */
public final class OffHeapMemory implements AutoCloseable {

  /** System property: the most that one backend may take, such as {@code 8g}. */
  public static final String MAX_BYTES_PROPERTY = "mmib.maxOffHeapBytes";

  /** Cache lines of all CPUs of today, and the widest vector registers. */
  static final int ALIGNMENT = 64;

  private static final long SMALLEST_BLOCK = 256;

  /** What java.nio can address in one buffer. */
  private static final long LARGEST_BLOCK = Integer.MAX_VALUE - ALIGNMENT;

  static {
    liftJavaCppLimits();
  }

  private final long maxBytes;
  private final MemoryMeter meter = new MemoryMeter();

  /** Unused blocks by size, the size asked for last at the end. */
  private final Map<Long, ArrayDeque<Block>> unused = new LinkedHashMap<>(16, 0.75f, true);

  private long liveBlockBytes;
  private long unusedBytes;
  private long mostLiveBlockBytes;
  private boolean closed;

  /** Memory up to {@value #MAX_BYTES_PROPERTY}, or else 7/8 of the machine or container. */
  public OffHeapMemory() {
    this(defaultMaxBytes());
  }

  /** Memory up to {@code maxBytes}. */
  public OffHeapMemory(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Turns off JavaCPP's limits unless the user has set them; to be called before JavaCPP's first
   * use, which reads them.
   */
  public static void liftJavaCppLimits() {
    for (var limit : new String[] {"maxBytes", "maxPhysicalBytes"}) {
      String property = "org.bytedeco.javacpp." + limit;
      String lower = property.toLowerCase(Locale.ROOT); // JavaCPP knows both spellings
      if (System.getProperty(property) == null && System.getProperty(lower) == null) {
        System.setProperty(property, "0");
      }
    }
  }

  private static long defaultMaxBytes() {
    long machine = Long.MAX_VALUE;
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      machine = system.getTotalMemorySize();
    }
    String asked = System.getProperty(MAX_BYTES_PROPERTY);
    if (asked == null) {
      return machine / 8 * 7;
    }
    try {
      return Pointer.parseBytes(asked, machine);
    } catch (NumberFormatException e) {
      throw MmibException.of(
              ErrorCode.USAGE,
              MAX_BYTES_PROPERTY + " is no number of bytes: " + MmibException.quote(asked),
              "Write for example -D" + MAX_BYTES_PROPERTY + "=8g.")
          .causedBy(e);
    }
  }

  /** A stretch of memory; {@code origin} is what malloc gave, {@code pointer} the aligned start. */
  record Block(long size, Pointer origin, BytePointer pointer, ByteBuffer bytes) {}

  /** A pointer to where it is told, owning nothing. */
  private static final class At extends BytePointer {
    At(long address, long size) {
      super((Pointer) null);
      this.address = address;
      this.limit = size;
      this.capacity = size;
    }
  }

  /** Allocates {@code length} elements of undefined content. */
  public OffHeapBuffer allocate(DType type, int length) {
    if (length < 0) {
      throw new IllegalArgumentException("allocate: length " + length + " vs at least 0");
    }
    long asked = 4L * length;
    var buffer = new OffHeapBuffer(this, type, length, take(type, length, blockSize(asked)));
    meter.allocated(asked);
    return buffer;
  }

  /** Memory of {@code bytes} for a buffer that has some already; {@link #release} gives it back. */
  Block takeMore(DType type, long bytes) {
    Block block = take(type, Math.toIntExact(bytes / 4), blockSize(bytes));
    meter.allocated(bytes);
    return block;
  }

  /** Sizes in steps of an eighth of a power of two, so that similar requests share blocks. */
  static long blockSize(long bytes) {
    if (bytes <= SMALLEST_BLOCK) {
      return SMALLEST_BLOCK;
    }
    long step = Math.max(ALIGNMENT, Long.highestOneBit(bytes - 1) >> 3);
    long rounded = (bytes + step - 1) / step * step;
    return bytes <= LARGEST_BLOCK ? Math.min(rounded, LARGEST_BLOCK) : rounded;
  }

  private synchronized Block take(DType type, int length, long size) {
    if (closed) {
      throw new IllegalStateException("allocate: the backend of this memory is closed");
    }
    if (size > LARGEST_BLOCK) {
      throw outOfMemory(type, length, "one buffer holds at most 2 GiB");
    }
    ArrayDeque<Block> fitting = unused.get(size);
    Block block = fitting == null ? null : fitting.pollLast();
    if (block != null) {
      unusedBytes -= size;
    } else {
      if (size > maxBytes - liveBlockBytes) {
        throw outOfMemory(type, length, "the limit is " + megabytes(maxBytes));
      }
      long most = Math.max(mostLiveBlockBytes, liveBlockBytes + size);
      shrinkUnusedTo(Math.min(most, maxBytes) - liveBlockBytes - size);
      block = malloc(size);
      if (block == null) {
        shrinkUnusedTo(0);
        block = malloc(size);
      }
      if (block == null) {
        throw outOfMemory(type, length, "the system has no more");
      }
    }
    liveBlockBytes += size;
    mostLiveBlockBytes = Math.max(mostLiveBlockBytes, liveBlockBytes);
    return block;
  }

  private static @Nullable Block malloc(long size) {
    Pointer origin = Pointer.malloc(size + ALIGNMENT);
    if (Pointer.isNull(origin)) {
      return null;
    }
    long aligned = (origin.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    var pointer = new At(aligned, size);
    ByteBuffer bytes = pointer.asByteBuffer().order(ByteOrder.nativeOrder());
    return new Block(size, origin, pointer, bytes);
  }

  private MmibException outOfMemory(DType type, int length, String limit) {
    MemoryUse now = use();
    return MmibException.of(
        ErrorCode.OUT_OF_MEMORY,
        "no memory for "
            + length
            + " elements of "
            + type
            + " ("
            + megabytes(4L * length)
            + "): "
            + limit
            + ", "
            + megabytes(now.liveBytes())
            + " live in "
            + now.liveBuffers()
            + " buffers",
        "Use a smaller batch or shorter texts, close results and models that are not needed, or"
            + " raise -D"
            + MAX_BYTES_PROPERTY
            + ".");
  }

  private static String megabytes(long bytes) {
    return (bytes + (1 << 20) - 1 >> 20) + " MiB";
  }

  /** Takes back the block of a buffer that was closed. */
  synchronized void release(Block block, long asked) {
    meter.freed(asked);
    liveBlockBytes -= block.size();
    if (closed) {
      Pointer.free(block.origin());
      return;
    }
    unused.computeIfAbsent(block.size(), size -> new ArrayDeque<>()).addLast(block);
    unusedBytes += block.size();
    if (liveBlockBytes == 0) {
      trim();
    }
  }

  private void shrinkUnusedTo(long bytes) {
    var sizes = unused.values().iterator();
    while (unusedBytes > bytes && sizes.hasNext()) {
      ArrayDeque<Block> blocks = sizes.next();
      while (unusedBytes > bytes && !blocks.isEmpty()) {
        Block block = blocks.removeFirst();
        unusedBytes -= block.size();
        Pointer.free(block.origin());
      }
      if (blocks.isEmpty()) {
        sizes.remove();
      }
    }
  }

  /** Gives what is not in use back to the system. */
  public synchronized void trim() {
    if (unusedBytes > 0) {
      mostLiveBlockBytes = liveBlockBytes;
      shrinkUnusedTo(0);
      Pointer.trimMemory();
    }
  }

  /** Bytes kept for reuse. */
  public synchronized long unusedBytes() {
    return unusedBytes;
  }

  /** Bytes that more buffers can take: what is kept for them and what the machine still has. */
  public synchronized long availableBytes() {
    long machine = MachineMemory.here().available();
    return Math.min(maxBytes - liveBlockBytes, machine + unusedBytes);
  }

  /** What the buffers take, as asked for. */
  public MemoryUse use() {
    return meter.use();
  }

  /** Frees what is unused; what is still live is freed when its buffer is closed. */
  @Override
  public synchronized void close() {
    closed = true;
    shrinkUnusedTo(0);
  }
}
