package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import org.jspecify.annotations.Nullable;

/** Numbers in the memory of a GPU. */
final class CudaBuffer implements Buffer {

  private static final long NEVER = -1;

  private final CudaMemory owner;
  private final DType type;
  private final int length;
  private final boolean counted;
  private CudaMemory.@Nullable Block block;

  /** The numbers, if they are ints that were uploaded and not changed since. */
  private int @Nullable [] uploaded;

  private long version;
  private @Nullable CudaBuffer bfloat16;
  private long versionOfBfloat16 = NEVER;

  /**
   * A buffer of {@code owner}'s.
   *
   * @param counted whether reports of memory count it
   */
  CudaBuffer(CudaMemory owner, DType type, int length, CudaMemory.Block block, boolean counted) {
    this.owner = owner;
    this.type = type;
    this.length = length;
    this.block = block;
    this.counted = counted;
  }

  /** {@code buffer} as one of these; refuses buffers of other devices. */
  static CudaBuffer of(Buffer buffer) {
    if (buffer instanceof CudaBuffer here) {
      return here;
    }
    throw new IllegalArgumentException(
        "kernel: buffer of another device, got "
            + buffer.getClass().getSimpleName()
            + " vs CudaBuffer: allocate it on the backend that uses it");
  }

  /** {@code buffer}, refused unless it is of {@code type}. */
  static CudaBuffer of(Buffer buffer, DType type) {
    var here = of(buffer);
    if (here.type != type) {
      throw new IllegalStateException("buffer of " + here.type + ": asked for " + type);
    }
    return here;
  }

  @Override
  public DType type() {
    return type;
  }

  @Override
  public int length() {
    return length;
  }

  private CudaMemory.Block block() {
    var mine = block;
    if (mine == null) {
      throw new IllegalStateException(
          "buffer of " + length + " elements: used after its scope was closed");
    }
    return mine;
  }

  /** Where it begins; throws once the buffer is closed. */
  long address() {
    return block().pointer().address();
  }

  /** The same for calls of JCuda. */
  DevicePointer pointer() {
    return block().pointer();
  }

  /** Where element {@code at} is. */
  DevicePointer pointer(int at) {
    return at == 0 ? pointer() : pointer().plus(4L * at);
  }

  /** Whether it came about in the recorded run that is under way on this thread. */
  boolean isOfThisRun() {
    var recording = block().owner();
    return recording != null && recording.belongsToThisThread();
  }

  /** To be called by whatever changes the numbers: what was derived from them is out of date. */
  void written() {
    version++;
    uploaded = null;
  }

  /**
   * The ints as they were uploaded, or null: ids, lengths and tags come from the host, and who asks
   * for them there need not wait for the device.
   */
  int @Nullable [] uploaded() {
    return uploaded;
  }

  void uploaded(int[] ints) {
    uploaded = ints;
  }

  /** Smallest and largest of ints that were uploaded and not changed since, or null. */
  int @Nullable [] knownRange() {
    var ints = uploaded;
    if (ints == null) {
      return null;
    }
    int least = ints[0];
    int greatest = least;
    for (int i : ints) {
      least = Math.min(least, i);
      greatest = Math.max(greatest, i);
    }
    return new int[] {least, greatest};
  }

  /** The copy in bfloat16 if there is one of the present numbers, or null. */
  @Nullable CudaBuffer currentBfloat16() {
    return bfloat16 != null && versionOfBfloat16 == version ? bfloat16 : null;
  }

  /** A buffer for the copy in bfloat16, to be filled by the caller; closed with this one. */
  CudaBuffer roomForBfloat16() {
    if (bfloat16 == null) {
      int words = length / 2 + length % 2;
      bfloat16 =
          isOfThisRun()
              ? owner.allocate(DType.I32, words)
              : owner.allocateLasting(DType.I32, words);
    }
    return bfloat16;
  }

  /** The copy has been made of the present numbers. */
  void madeBfloat16() {
    versionOfBfloat16 = version;
  }

  /** The copy is out of date, whatever became of the numbers. */
  void forgetBfloat16() {
    versionOfBfloat16 = NEVER;
  }

  @Override
  public synchronized void close() {
    var mine = block;
    if (mine != null) {
      block = null;
      if (bfloat16 != null) {
        bfloat16.close();
      }
      owner.release(mine, 4L * length, counted);
    }
  }
}
