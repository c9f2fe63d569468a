package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.host.HostBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * A buffer outside the Java heap, aligned to 64 bytes, that native code and Java share.
 *
 * <p>Closing it gives the memory back at once; closing it again does nothing. Views and pointers
 * taken from it must not be used afterwards: nothing can stop them from reading foreign memory.
 */
public final class OffHeapBuffer implements HostBuffer {

  private final OffHeapMemory owner;
  private final DType type;
  private final int length;
  private OffHeapMemory.@Nullable Block block;
  private @Nullable FloatBuffer floats;
  private @Nullable IntBuffer ints;

  OffHeapBuffer(OffHeapMemory owner, DType type, int length, OffHeapMemory.Block block) {
    this.owner = owner;
    this.type = type;
    this.length = length;
    this.block = block;
    ByteBuffer bytes = block.bytes();
    if (type == DType.F32) {
      floats = bytes.asFloatBuffer().limit(length).slice();
    } else {
      ints = bytes.asIntBuffer().limit(length).slice();
    }
  }

  /** {@code buffer} as one of these; refuses buffers of other devices. */
  public static OffHeapBuffer of(Buffer buffer) {
    if (buffer instanceof OffHeapBuffer here) {
      return here;
    }
    throw new IllegalArgumentException(
        "kernel: buffer of another device, got "
            + buffer.getClass().getSimpleName()
            + " vs OffHeapBuffer: allocate it on the backend that uses it");
  }

  /** Where native code finds the elements, if they are floats; throws once the buffer is closed. */
  public BytePointer pointer() {
    OffHeapMemory.Block mine = block;
    if (mine == null || type != DType.F32) {
      throw unusable(DType.F32);
    }
    return mine.pointer();
  }

  /** The memory of the elements {@code [at, at+count)}; throws once the buffer is closed. */
  ByteBuffer bytes(int at, int count) {
    OffHeapMemory.Block mine = block;
    if (mine == null) {
      throw unusable(type);
    }
    return mine.bytes().slice(4 * at, 4 * count).order(ByteOrder.nativeOrder());
  }

  @Override
  public DType type() {
    return type;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public FloatBuffer floats() {
    FloatBuffer view = floats;
    if (view == null) {
      throw unusable(DType.F32);
    }
    return view;
  }

  @Override
  public IntBuffer ints() {
    IntBuffer view = ints;
    if (view == null) {
      throw unusable(DType.I32);
    }
    return view;
  }

  private IllegalStateException unusable(DType wanted) {
    return new IllegalStateException(
        type == wanted
            ? "buffer of " + length + " elements: used after its scope was closed"
            : "buffer of " + type + ": asked for " + wanted);
  }

  @Override
  public synchronized void close() {
    OffHeapMemory.Block mine = block;
    if (mine != null) {
      block = null;
      floats = null;
      ints = null;
      owner.release(mine, 4L * length);
    }
  }
}
