package dev.mmib.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of memory that goes from buffer to buffer, and with it what native code and Java see of
 * it: a training step makes hundreds of buffers, and views of each would be most of its garbage.
 */
final class MemoryBlock {

  private final long size;
  private final Pointer origin; // what malloc gave
  private final BytePointer pointer;
  private @Nullable ByteBuffer bytes;
  private @Nullable FloatBuffer floats;
  private @Nullable IntBuffer ints;
  private long asked;
  private int length;

  private MemoryBlock(long size, Pointer origin, BytePointer pointer) {
    this.size = size;
    this.origin = origin;
    this.pointer = pointer;
  }

  /** A pointer to where it is told, owning nothing. */
  private static final class At extends BytePointer {
    At(long address, long size) {
      super((Pointer) null);
      this.address = address;
      this.limit = size;
      this.capacity = size;
    }
  }

  /** New memory, its start at a multiple of {@code alignment}; null if the system has no more. */
  static @Nullable MemoryBlock malloc(long size, int alignment) {
    Pointer origin = Pointer.malloc(size + alignment);
    if (Pointer.isNull(origin)) {
      return null;
    }
    long aligned = (origin.address() + alignment - 1) / alignment * alignment;
    var pointer = new At(aligned, size);
    HugePages.advise(pointer, size);
    return new MemoryBlock(size, origin, pointer);
  }

  void free() {
    Pointer.free(origin);
  }

  long size() {
    return size;
  }

  /** The bytes of it that its holder asked for. */
  long asked() {
    return asked;
  }

  /** Gives it to somebody who asked for so many bytes. */
  MemoryBlock heldFor(long bytes) {
    asked = bytes;
    return this;
  }

  BytePointer pointer() {
    return pointer;
  }

  /** All of it. */
  synchronized ByteBuffer bytes() {
    ByteBuffer made = bytes;
    if (made == null) {
      made = pointer.asByteBuffer().order(ByteOrder.nativeOrder());
      bytes = made;
    }
    return made;
  }

  /** As much of it as is shown. */
  synchronized FloatBuffer floats() {
    FloatBuffer made = floats;
    if (made == null) {
      made = bytes().asFloatBuffer().limit(length);
      floats = made;
    }
    return made;
  }

  /** The same as ints. */
  synchronized IntBuffer ints() {
    IntBuffer made = ints;
    if (made == null) {
      made = bytes().asIntBuffer().limit(length);
      ints = made;
    }
    return made;
  }

  /** Lets {@link #floats} and {@link #ints} end after so many elements. */
  synchronized void show(int elements) {
    length = elements;
    if (floats != null) {
      floats.limit(elements);
    }
    if (ints != null) {
      ints.limit(elements);
    }
  }
}
