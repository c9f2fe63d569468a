package dev.mmib.cpu;

import dev.mmib.backend.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * The order that a primitive wants weights in, and the way there and back.
 *
 * <p>Where blocks of output channels follow one another in both orders, as they mostly do, threads
 * share the work by them.
 */
final class WeightOrder implements FoldedNorm.Arrangement, AutoCloseable {

  private static final int MOST_PIECES = 16;

  private final OneDnn oneDnn;
  private final int length;
  private final int floats;
  private final int pieces;
  private final long apart;
  private final String name;
  private final memory.desc plain;
  private final memory.desc ordered;
  private @Nullable SharedPrimitive there;
  private @Nullable SharedPrimitive back;

  /**
   * The order {@code desc} of weights [out, in, height, width].
   *
   * @param desc stays its owner's
   */
  WeightOrder(OneDnn oneDnn, long[] dims, memory.desc desc) {
    this(
        oneDnn,
        dims,
        new long[] {dims[1] * dims[2] * dims[3], dims[2] * dims[3], dims[3], 1},
        desc);
  }

  /**
   * The order {@code desc} of weights that lie {@code strides} floats apart before.
   *
   * @param desc stays its owner's
   */
  WeightOrder(OneDnn oneDnn, long[] dims, long[] strides, memory.desc desc) {
    this.oneDnn = oneDnn;
    this.length = Math.toIntExact(dims[0] * dims[1] * dims[2] * dims[3]);
    this.floats = Math.toIntExact((desc.get_size() + 3) / 4);
    this.name = Arrays.toString(dims) + Arrays.toString(strides) + ' ' + nameOf(desc);
    this.pieces = piecesOf(dims, desc);
    this.apart = 4 * strides[0] * (dims[0] / pieces);
    long[] piece = {dims[0] / pieces, dims[1], dims[2], dims[3]};
    this.plain = new memory.desc(piece, memory.data_type.f32, strides);
    this.ordered = desc.submemory_desc(piece, new long[4]);
  }

  private static String nameOf(memory.desc desc) {
    var name = new StringBuilder();
    try (var strides = desc.get_strides();
        var blocks = desc.get_inner_blks();
        var axes = desc.get_inner_idxs()) {
      for (int i = 0; i < desc.get_ndims(); i++) {
        name.append(strides.get(i)).append(' ');
      }
      for (int i = 0; i < desc.get_inner_nblks(); i++) {
        name.append(blocks.get(i)).append('@').append(axes.get(i)).append(' ');
      }
    }
    return name.toString();
  }

  private int piecesOf(long[] dims, memory.desc desc) {
    long block = 1;
    try (var blocks = desc.get_inner_blks();
        var axes = desc.get_inner_idxs();
        var strides = desc.get_strides()) {
      for (int i = 0; i < desc.get_inner_nblks(); i++) {
        block *= axes.get(i) == 0 ? blocks.get(i) : 1;
      }
      if (dims[0] % block != 0
          || floats != length
          || strides.get(0) * (dims[0] / block) != length) {
        return 1; // padded, or output channels are not outermost
      }
    }
    int count = Math.toIntExact(dims[0] / block);
    int most = Math.min(count, MOST_PIECES);
    while (count % most != 0) {
      most--;
    }
    return most;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int floats() {
    return floats;
  }

  @Override
  public void arrange(BytePointer plainly, BytePointer to) {
    if (there == null) {
      there = reorder(plain, ordered);
    }
    var reorder = there;
    long step = 4L * length / pieces;
    oneDnn.forEach(
        pieces, i -> reorder.run(plainly.address() + i * apart, to.address() + i * step));
  }

  void restore(BytePointer from, BytePointer plainly) {
    compileWayBack();
    oneDnn.forEach(pieces, i -> restore(from, plainly, i));
  }

  /** The way back by the calling thread, after {@link #compileWayBack}. */
  void restoreAlone(BytePointer from, BytePointer plainly) {
    for (int i = 0; i < pieces; i++) {
      restore(from, plainly, i);
    }
  }

  void compileWayBack() {
    if (back == null) {
      back = reorder(ordered, plain);
    }
  }

  private void restore(BytePointer from, BytePointer plainly, int piece) {
    long at = piece * (4L * length / pieces);
    Objects.requireNonNull(back).run(from.address() + at, plainly.address() + piece * apart);
  }

  private SharedPrimitive reorder(memory.desc from, memory.desc to) {
    var made = new SharedPrimitive[1];
    oneDnn.together(
        0,
        () -> {
          try (var attributes = SharedPrimitive.attributes()) {
            var desc =
                new reorder.primitive_desc(
                    oneDnn.engine(), from, oneDnn.engine(), to, attributes, false);
            made[0] =
                new SharedPrimitive(
                    oneDnn,
                    desc,
                    new reorder(desc),
                    List.of(
                        new SharedPrimitive.Argument(dnnl.DNNL_ARG_FROM, new memory.desc(from)),
                        new SharedPrimitive.Argument(dnnl.DNNL_ARG_TO, new memory.desc(to))));
          }
        });
    return made[0];
  }

  @Override
  public OffHeapMemory memory() {
    return oneDnn.memory();
  }

  /** Room for weights in this order. */
  OffHeapBuffer room() {
    return oneDnn.memory().allocate(DType.F32, floats);
  }

  @Override
  public void close() {
    for (var reorder : new @Nullable SharedPrimitive[] {there, back}) {
      if (reorder != null) {
        reorder.close();
      }
    }
    ordered.close();
    plain.close();
  }
}
