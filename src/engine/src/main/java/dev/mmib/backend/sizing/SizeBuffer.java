package dev.mmib.backend.sizing;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels.Room;
import org.jspecify.annotations.Nullable;

/** A buffer that is counted and holds nothing, but ints once they are asked for. */
final class SizeBuffer implements Buffer {

  private final DType type;
  private final int length;
  private final SizingBackend owner;
  private int @Nullable [] ints;
  private int kept;
  private boolean open = true;

  SizeBuffer(DType type, int length, SizingBackend owner) {
    this.type = type;
    this.length = length;
    this.owner = owner;
    owner.allocated(length);
  }

  static SizeBuffer of(Buffer buffer) {
    if (buffer instanceof SizeBuffer here) {
      return here;
    }
    throw new IllegalArgumentException(
        "kernel: buffer of another device, got " + buffer.getClass().getSimpleName());
  }

  @Override
  public DType type() {
    return type;
  }

  @Override
  public int length() {
    return length;
  }

  /** The elements of an int buffer, zeros at first. */
  int[] ints() {
    requireOpen();
    if (type != DType.I32) {
      throw new IllegalStateException("buffer of " + type + ": asked for " + DType.I32);
    }
    if (ints == null) {
      ints = new int[length];
    }
    return ints;
  }

  void requireOpen() {
    if (!open) {
      throw new IllegalStateException(
          "buffer of " + length + " elements: used after its scope was closed");
    }
  }

  /** Refuses buffers that are closed or of another device. */
  static void requireOpen(Buffer... buffers) {
    for (Buffer buffer : buffers) {
      of(buffer).requireOpen();
    }
  }

  /** Counts what the device keeps beside these elements as long as they live, once, and uses. */
  void count(Room room) {
    if (kept == 0) {
      kept = room.kept();
      owner.kept(kept);
      pass(room.folding());
    }
    pass(room.computing());
  }

  /** Counts what the device takes for a moment. */
  void pass(int floats) {
    owner.passing(floats);
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      owner.dropped(kept);
      ints = null;
      owner.freed(length);
    }
  }
}
