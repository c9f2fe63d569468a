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

  /** Memory, and the bytes of it that were asked for. */
  private record Held(OffHeapMemory.Block block, long asked) {}

  private final OffHeapMemory owner;
  private final DType type;
  private final int length;
  private @Nullable Held held;
  private @Nullable Layout layout;
  private @Nullable FloatBuffer floats;
  private @Nullable IntBuffer ints;
  private @Nullable Map<Object, Derived> derived;
  private long changes;

  OffHeapBuffer(OffHeapMemory owner, DType type, int length, OffHeapMemory.Block block) {
    this.owner = owner;
    this.type = type;
    this.length = length;
    hold(new Held(block, 4L * length), null);
  }

  private void hold(Held memory, @Nullable Layout order) {
    held = memory;
    layout = order;
    ByteBuffer bytes = memory.block().bytes();
    if (order != null) {
      floats = null;
    } else if (type == DType.F32) {
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
    changes++;
    return reading();
  }

  /** The same for native code that changes nothing. */
  public BytePointer reading() {
    requireOpen(DType.F32);
    restorePlainOrder();
    return memory(DType.F32).block().pointer();
  }

  /** The memory of the elements {@code [at, at+count)}; throws once the buffer is closed. */
  ByteBuffer bytes(int at, int count) {
    requireOpen(type);
    restorePlainOrder();
    changes++;
    ByteBuffer all = memory(type).block().bytes();
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
    return Objects.requireNonNull(floats);
  }

  @Override
  public IntBuffer ints() {
    requireOpen(DType.I32);
    changes++;
    return Objects.requireNonNull(ints);
  }

  /**
   * {@code to[offset .. offset+count) = [at .. at+count)}, in plain order. Neither a change nor a
   * new order: another thread's kernel may read the numbers meanwhile.
   */
  synchronized void read(int at, float[] to, int offset, int count) {
    Held mine = memory(DType.F32);
    Layout order = layout;
    if (order == null) {
      Objects.requireNonNull(floats).get(at, to, offset, count);
      return;
    }
    Objects.checkFromIndexSize(at, count, length);
    if (order.read(mine.block().pointer(), at, to, offset, count)) {
      return;
    }
    Held plain = take(4L * length);
    try {
      order.restore(mine.block().pointer(), plain.block().pointer());
      plain.block().bytes().asFloatBuffer().get(at, to, offset, count);
    } finally {
      owner.release(plain.block(), plain.asked());
    }
  }

  /** How the numbers lie now; null if one after another. */
  @Nullable Layout layout() {
    return layout;
  }

  /** Where native code that knows {@link #layout} reads the numbers. */
  BytePointer laidOut() {
    return memory(DType.F32).block().pointer();
  }

  /** Where native code writes all the numbers anew, in {@code order}, or plainly if it is null. */
  synchronized BytePointer overwriting(@Nullable Layout order) {
    Held mine = memory(DType.F32);
    changes++;
    long bytes = order == null ? 4L * length : order.bytes(length);
    if (bytes > mine.block().size()) {
      hold(take(bytes), order);
      owner.release(mine.block(), mine.asked());
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
    Held mine = memory(DType.F32);
    Held other = take(order.bytes(length));
    move(mine, other, order, copy);
  }

  /** Copies from one memory to another and holds that, or frees it if the copy fails. */
  private void move(
      Held from, Held to, @Nullable Layout order, BiConsumer<BytePointer, BytePointer> copy) {
    try {
      copy.accept(from.block().pointer(), to.block().pointer());
    } catch (RuntimeException | Error e) {
      owner.release(to.block(), to.asked());
      throw e;
    }
    hold(to, order);
    owner.release(from.block(), from.asked());
  }

  private synchronized void restorePlainOrder() {
    Layout order = layout;
    if (order == null) {
      return;
    }
    Held mine = memory(DType.F32);
    move(mine, take(4L * length), null, order::restore);
  }

  private Held take(long bytes) {
    return new Held(owner.takeMore(type, bytes), bytes);
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

  private Held memory(DType wanted) {
    Held mine = held;
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
    Held mine = held;
    if (mine != null) {
      held = null;
      floats = null;
      ints = null;
      if (derived != null) {
        derived.values().forEach(Derived::close);
        derived = null;
      }
      owner.release(mine.block(), mine.asked());
    }
  }
}
