package dev.mmib.cuda;

import java.nio.ByteBuffer;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of launches, in one page-locked block that is used for every launch: slots of 8
 * bytes and, behind them, the {@code void**} that {@code cuLaunchKernel} wants, pointing at the
 * slots.
 *
 * <p>The driver copies arguments when it is called, so the block may be written anew as soon as the
 * call has returned. JCuda's own way, objects made for every launch, takes 5 µs; this one a
 * quarter.
 */
final class KernelArgs implements AutoCloseable {

  private static final int CAPACITY = 64;

  private final PinnedBlock block = new PinnedBlock(16 * CAPACITY);
  private final ByteBuffer slots = block.bytes();
  private final Pointer kernelParams;
  private @Nullable Kernel owner;
  private int count;
  private boolean closed;

  /** Needs a current context. */
  KernelArgs() {
    for (int i = 0; i < CAPACITY; i++) {
      slots.putLong(8 * (CAPACITY + i), block.address() + 8L * i);
    }
    kernelParams = block.pointer().withByteOffset(8L * CAPACITY);
  }

  /** Starts the arguments of {@code kernel}, or goes on with them; another's must have ended. */
  void beginning(Kernel kernel) {
    if (closed) {
      throw new IllegalStateException("kernel " + kernel + ": the backend of it is closed");
    }
    if (owner == null) {
      owner = kernel;
      count = 0;
    } else if (owner != kernel) {
      var other = owner;
      owner = null;
      throw new IllegalStateException(
          "kernel " + kernel + ": the arguments of " + other + " were not launched");
    }
  }

  int count() {
    return count;
  }

  void add(long value) {
    slots.putLong(8 * count++, value);
  }

  void add(int value) {
    slots.putLong(8 * count++, value);
  }

  void add(float value) {
    add(Float.floatToRawIntBits(value));
  }

  void add(double value) {
    add(Double.doubleToRawLongBits(value));
  }

  /** All arguments as one number, for telling launches apart. */
  long fingerprint() {
    long hash = count;
    for (int i = 0; i < count; i++) {
      hash = Fingerprint.of(hash, slots.getLong(8 * i));
    }
    return hash;
  }

  Pointer pointer() {
    return kernelParams;
  }

  /** The launch is done. */
  void end() {
    owner = null;
  }

  @Override
  public void close() {
    closed = true;
    block.close();
  }
}
