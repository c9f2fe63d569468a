package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.host.HostBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * A buffer outside the Java heap, aligned to 64 bytes, that native code and Java share.
 *
 * <p>Its numbers lie one after another, or in a {@link Layout} that a library likes better. Whoever
 * does not ask for the layout finds them in plain order: {@link #floats}, {@link #ints}, {@link
 * #pointer} and {@link #bytes} restore it first, and count as a change, since nobody sees what is
 * done with the memory that they show. Such memory may be another one after the next kernel.
 *
 * <p>Closing it gives the memory back at once; closing it again does nothing. Views and pointers
 * taken from it must not be used afterwards: nothing can stop them from reading foreign memory.
 */
public final class OffHeapBuffer implements HostBuffer {

  /** An order of numbers in memory other than one after another. */
  interface Layout {

    /** The bytes that {@code length} numbers take so, gaps included. */
    long bytes(int length);

    /** Copies numbers that lie so to plain order. */
    void restore(BytePointer from, BytePointer plain);

    /**
     * Copies numbers {@code [at, at+count)} of the plain order; whether it did. Large weights are
     * saved piece by piece, and {@link #restore} would go through all of them for each.
     */
    default boolean read(BytePointer from, int at, float[] to, int offset, int count) {
      return false;
    }
  }

  /** What was made of the numbers and is kept with them while they do not change. */
  interface Derived extends AutoCloseable {

    /** Whether nothing changed of what it was made of. */
    boolean isCurrent();

    @Override
    void close();
  }

  private final OffHeapMemory owner;
  private final DType type;
  private final int length;
  private @Nullable MemoryBlock held;
  private @Nullable Layout layout;
  private @Nullable Map<Object, Derived> derived;
  private long changes;

  OffHeapBuffer(OffHeapMemory owner, DType type, int length, MemoryBlock block) {
    this.owner = owner;
    this.type = type;
    this.length = length;
    hold(block, null);
  }

  private void hold(MemoryBlock memory, @Nullable Layout order) {
    held = memory;
    layout = order;
    if (order == null) {
      memory.show(length);
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
    changes++;
    return reading();
  }

  /** The same for native code that changes nothing. */
  public BytePointer reading() {
    requireOpen(DType.F32);
    restorePlainOrder();
    return memory(DType.F32).pointer();
  }

  /** The memory of the elements {@code [at, at+count)}; throws once the buffer is closed. */
  ByteBuffer bytes(int at, int count) {
    requireOpen(type);
    restorePlainOrder();
    changes++;
    ByteBuffer all = memory(type).bytes();
    return all.slice(4 * at, 4 * count).order(ByteOrder.nativeOrder());
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
    requireOpen(DType.F32);
    restorePlainOrder();
    changes++;
    return memory(DType.F32).floats();
  }

  @Override
  public IntBuffer ints() {
    requireOpen(DType.I32);
    changes++;
    return memory(DType.I32).ints();
  }

  /**
   * {@code to[offset .. offset+count) = [at .. at+count)}, in plain order. Neither a change nor a
   * new order: another thread's kernel may read the numbers meanwhile.
   */
  synchronized void read(int at, float[] to, int offset, int count) {
    MemoryBlock mine = memory(DType.F32);
    Layout order = layout;
    if (order == null) {
      mine.floats().get(at, to, offset, count);
      return;
    }
    Objects.checkFromIndexSize(at, count, length);
    if (order.read(mine.pointer(), at, to, offset, count)) {
      return;
    }
    MemoryBlock plain = owner.take(type, 4L * length);
    try {
      order.restore(mine.pointer(), plain.pointer());
      plain.bytes().asFloatBuffer().get(at, to, offset, count);
    } finally {
      owner.release(plain);
    }
  }

  /** How the numbers lie now; null if one after another. */
  @Nullable Layout layout() {
    return layout;
  }

  /** Where native code that knows {@link #layout} reads the numbers. */
  BytePointer laidOut() {
    return memory(DType.F32).pointer();
  }

  /** Where native code writes all the numbers anew, in {@code order}, or plainly if it is null. */
  synchronized BytePointer overwriting(@Nullable Layout order) {
    MemoryBlock mine = memory(DType.F32);
    changes++;
    long bytes = order == null ? 4L * length : order.bytes(length);
    if (bytes > mine.size()) {
      hold(owner.take(type, bytes), order);
      owner.release(mine);
    } else if (order != layout) {
      hold(mine, order);
    }
    return laidOut();
  }

  /**
   * Lets the numbers lie in {@code order} from now on, which is no change of them.
   *
   * @param copy copies them from where they lie now, the first, to the second
   */
  synchronized void layOut(Layout order, BiConsumer<BytePointer, BytePointer> copy) {
    MemoryBlock mine = memory(DType.F32);
    MemoryBlock other = owner.take(type, order.bytes(length));
    move(mine, other, order, copy);
  }

  /** Copies from one memory to another and holds that, or frees it if the copy fails. */
  private void move(
      MemoryBlock from,
      MemoryBlock to,
      @Nullable Layout order,
      BiConsumer<BytePointer, BytePointer> copy) {
    try {
      copy.accept(from.pointer(), to.pointer());
    } catch (RuntimeException | Error e) {
      owner.release(to);
      throw e;
    }
    hold(to, order);
    owner.release(from);
  }

  private synchronized void restorePlainOrder() {
    Layout order = layout;
    if (order == null) {
      return;
    }
    MemoryBlock mine = memory(DType.F32);
    move(mine, owner.take(type, 4L * length), null, order::restore);
  }

  /** Grows whenever the numbers may have changed. */
  long changes() {
    return changes;
  }

  /** What was kept under {@code key}, if nothing changed since; otherwise it is closed. */
  synchronized @Nullable Derived derived(Object key) {
    Derived kept = derived == null ? null : derived.get(key);
    if (kept == null || kept.isCurrent()) {
      return kept;
    }
    Objects.requireNonNull(derived).remove(key);
    kept.close();
    return null;
  }

  /** Keeps {@code made} until the buffer is closed or something else is kept under its key. */
  synchronized void keep(Object key, Derived made) {
    requireOpen(type);
    if (derived == null) {
      derived = new HashMap<>();
    }
    Derived before = derived.put(key, made);
    if (before != null) {
      before.close();
    }
  }

  private void requireOpen(DType wanted) {
    memory(wanted);
  }

  private MemoryBlock memory(DType wanted) {
    MemoryBlock mine = held;
    if (mine == null || type != wanted) {
      throw unusable(wanted);
    }
    return mine;
  }

  private IllegalStateException unusable(DType wanted) {
    return new IllegalStateException(
        type == wanted
            ? "buffer of " + length + " elements: used after its scope was closed"
            : "buffer of " + type + ": asked for " + wanted);
  }

  @Override
  public synchronized void close() {
    MemoryBlock mine = held;
    if (mine != null) {
      held = null;
      if (derived != null) {
        derived.values().forEach(Derived::close);
        derived = null;
      }
      owner.release(mine);
    }
  }
}
