package dev.mmib.cpu;

import dev.mmib.backend.DType;
import dev.mmib.backend.MachineMemory;
import dev.mmib.backend.MemoryMeter;
import dev.mmib.backend.MemoryUse;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.bytedeco.javacpp.Pointer;

/**
 * Memory outside the Java heap, freed deterministically and reused.
 *
 * <p>A training step allocates what the step before it freed. Closed buffers are therefore kept, by
 * size, and handed out again: their pages are not faulted in anew. What is kept lifts the process
 * at most an eighth above the largest use so far, since the parts of a step want different sizes;
 * those that were not asked for longest go first, and when the last buffer is closed, or on {@link
 * #trim}, all of it goes back to the system.
 *
 * <p>Large blocks lie in {@link HugePages}, where the system has them: products of few rows take 5
 * % less time (x86-64, Linux 6.18, transparent huge pages by {@code madvise}).
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

  /** What every machine has: asking how much this one has takes milliseconds of a start. */
  private static final long SURELY = 64 << 20;

  private static final long NOT_ASKED = -1;

  /** The largest use by this is what may be kept beyond it. */
  private static final int SLACK = 8;

  private long maxBytes;
  private final MemoryMeter meter = new MemoryMeter();

  private final UnusedBlocks unused = new UnusedBlocks();
  private long liveBlockBytes;
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

  private static long machineBytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Long.MAX_VALUE;
  }

  private static long defaultMaxBytes() {
    String asked = System.getProperty(MAX_BYTES_PROPERTY);
    if (asked == null) {
      return NOT_ASKED;
    }
    try {
      return Pointer.parseBytes(asked, machineBytes());
    } catch (NumberFormatException e) {
      throw MmibException.of(
              ErrorCode.USAGE,
              MAX_BYTES_PROPERTY + " is no number of bytes: " + MmibException.quote(asked),
              "Write for example -D" + MAX_BYTES_PROPERTY + "=8g.")
          .causedBy(e);
    }
  }

  /** Allocates {@code length} elements of undefined content. */
  public OffHeapBuffer allocate(DType type, int length) {
    if (length < 0) {
      throw new IllegalArgumentException("allocate: length " + length + " vs at least 0");
    }
    return new OffHeapBuffer(this, type, length, take(type, 4L * length));
  }

  /** Memory of {@code bytes} for a buffer; {@link #release} gives it back. */
  MemoryBlock take(DType type, long bytes) {
    MemoryBlock block = take(type, Math.toIntExact(bytes / 4), blockSize(bytes));
    meter.allocated(bytes);
    return block.heldFor(bytes);
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

  private synchronized MemoryBlock take(DType type, int length, long size) {
    if (closed) {
      throw new IllegalStateException("allocate: the backend of this memory is closed");
    }
    if (size > LARGEST_BLOCK) {
      throw outOfMemory(type, length, "one buffer holds at most 2 GiB");
    }
    MemoryBlock block = unused.take(size);
    if (block == null) {
      long live = liveBlockBytes + size;
      if (live > allowed(live)) {
        throw outOfMemory(type, length, "the limit is " + megabytes(maxBytes()));
      }
      long most = Math.max(mostLiveBlockBytes, live);
      unused.shrinkTo(allowed(most + most / SLACK) - live);
      block = MemoryBlock.malloc(size, HugePages.alignment(size));
      if (block == null) {
        unused.shrinkTo(0);
        block = MemoryBlock.malloc(size, HugePages.alignment(size));
      }
      if (block == null) {
        throw outOfMemory(type, length, "the system has no more");
      }
    }
    liveBlockBytes += size;
    mostLiveBlockBytes = Math.max(mostLiveBlockBytes, liveBlockBytes);
    return block;
  }

  /** So many bytes, or as many of them as may be taken. */
  private long allowed(long bytes) {
    return maxBytes == NOT_ASKED && bytes <= SURELY ? bytes : Math.min(bytes, maxBytes());
  }

  private synchronized long maxBytes() {
    if (maxBytes == NOT_ASKED) {
      maxBytes = machineBytes() / 8 * 7;
    }
    return maxBytes;
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
  synchronized void release(MemoryBlock block) {
    meter.freed(block.asked());
    liveBlockBytes -= block.size();
    if (closed) {
      block.free();
      return;
    }
    unused.put(block);
    if (liveBlockBytes == 0) {
      trim();
    }
  }

  /** Gives what is not in use back to the system. */
  public synchronized void trim() {
    if (unused.bytes() > 0) {
      mostLiveBlockBytes = liveBlockBytes;
      unused.shrinkTo(0);
      Pointer.trimMemory();
    }
  }

  /** Bytes kept for reuse. */
  public synchronized long unusedBytes() {
    return unused.bytes();
  }

  /** Bytes that more buffers can take: what is kept for them and what the machine still has. */
  public synchronized long availableBytes() {
    long machine = MachineMemory.here().available();
    return Math.min(maxBytes() - liveBlockBytes, machine + unused.bytes());
  }

  /** What the buffers take, as asked for. */
  public MemoryUse use() {
    return meter.use();
  }

  /** Frees what is unused; what is still live is freed when its buffer is closed. */
  @Override
  public synchronized void close() {
    closed = true;
    unused.shrinkTo(0);
  }
}
