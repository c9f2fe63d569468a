package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.jspecify.annotations.Nullable;

/** Brings pictures into {@link ChannelBlocks}, and shows them as they lie. */
final class Arranger {

  private final Workers workers;

  Arranger(Workers workers) {
    this.workers = workers;
  }

  /** The number of channels that lie together on this machine; 0 if oneDNN has no code for that. */
  static int block() {
    String instructions = OneDnn.instructions();
    return instructions.startsWith("avx512") ? 16 : instructions.startsWith("avx2") ? 8 : 0;
  }

  /** The blocks in which a buffer lies now; null if it does not lie in any. */
  static @Nullable ChannelBlocks blocksOf(Buffer buffer) {
    return buffer instanceof OffHeapBuffer here && here.layout() instanceof ChannelBlocks blocks
        ? blocks
        : null;
  }

  /** Lets a buffer lie in {@code order}, if it does not yet. */
  OffHeapBuffer arranged(Buffer buffer, ChannelBlocks order) {
    var here = OffHeapBuffer.of(buffer);
    if (order.equals(here.layout())) {
      return here;
    }
    here.reading(); // in plain order, if it lay in another one
    here.layOut(
        order,
        (from, to) -> {
          FloatBuffer plain = ChannelBlocks.floats(from);
          FloatBuffer blocks = ChannelBlocks.floats(to);
          workers.forEach(
              order.planes(),
              Math.max(1, (1 << 14) / order.planeLength()),
              (first, end) -> {
                for (int plane = first; plane < end; plane++) {
                  order.arrange(plain, blocks, plane);
                }
              });
        });
    return here;
  }

  /** The numbers in {@code order}, arranged if need be. */
  FloatBuffer reading(Buffer buffer, ChannelBlocks order) {
    return ChannelBlocks.floats(arranged(buffer, order).laidOut());
  }

  /** The numbers in plain order, which reading does not change. */
  static FloatBuffer plain(Buffer buffer) {
    return ChannelBlocks.floats(OffHeapBuffer.of(buffer).reading());
  }

  /** Where numbers in {@code order} are to be written. */
  static FloatBuffer writing(Buffer buffer, ChannelBlocks order) {
    return ChannelBlocks.floats(OffHeapBuffer.of(buffer).overwriting(order));
  }

  /** A buffer's memory as it lies, for kernels to which any order is the same. */
  record Raw(int length, FloatBuffer floats) implements HostBuffer {

    @Override
    public DType type() {
      return DType.F32;
    }

    @Override
    public IntBuffer ints() {
      throw new IllegalStateException("buffer of F32: asked for I32");
    }

    /** Closes nothing: this is but a view. */
    @Override
    public void close() {}
  }

  Raw raw(Buffer buffer, ChannelBlocks order) {
    return new Raw(buffer.length(), reading(buffer, order));
  }

  static Raw rawOutput(Buffer buffer, ChannelBlocks order) {
    return new Raw(buffer.length(), writing(buffer, order));
  }
}
