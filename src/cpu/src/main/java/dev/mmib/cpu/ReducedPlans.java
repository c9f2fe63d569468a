package dev.mmib.cpu;

import dev.mmib.backend.Precision;
import dev.mmib.cpu.SharedPlan.Arguments;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.Pointer;

/**
 * oneDNN's primitives that round numbers to fewer bits and multiply them.
 *
 * <p>They exist for a few numbers of rows only: whatever the length of a text, it is made of pieces
 * of these, since each compiles machine code of its own.
 */
final class ReducedPlans implements AutoCloseable {

  private sealed interface Key {
    record Product(int rows, int columns, int in, int out, boolean bias) implements Key {}

    record Rows(int rows, int in) implements Key {}

    record Tile(int columns, int in) implements Key {}
  }

  private final OneDnn oneDnn;
  private final memory.data_type type;
  private final Map<Key, SharedPlan> plans = new HashMap<>();

  /** Plans of {@code BF16} or {@code INT8}. */
  ReducedPlans(OneDnn oneDnn, Precision precision) {
    this.oneDnn = oneDnn;
    this.type = precision == Precision.BF16 ? memory.data_type.bf16 : memory.data_type.s8;
  }

  OneDnn oneDnn() {
    return oneDnn;
  }

  OffHeapMemory memory() {
    return oneDnn.memory();
  }

  /** Whether rounded numbers are multiples of a scale. */
  boolean hasScales() {
    return type == memory.data_type.s8;
  }

  /** Bytes of a rounded number. */
  int bytes() {
    return hasScales() ? 1 : 2;
  }

  /** Outputs that are multiplied together: so few that every thread has some of a small layer. */
  int columns(int out) {
    int threads = oneDnn.threads();
    int width = threads <= 2 ? 384 : threads <= 4 ? 192 : threads <= 8 ? 128 : 64;
    return Math.min(width, out);
  }

  private static memory.desc floats(List<Pointer> kept, long[] dims, long... strides) {
    return keep(kept, new memory.desc(dims, memory.data_type.f32, strides));
  }

  private static <T extends Pointer> T keep(List<Pointer> kept, T object) {
    kept.add(object);
    return object;
  }

  private static primitive_attr attributes(List<Pointer> kept) {
    var attributes = keep(kept, new primitive_attr());
    attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    return attributes;
  }

  /** {@code y [rows of out] = x [rows, in] · a tile [in, columns] (+ bias)}. */
  private matmul.primitive_desc productDesc(List<Pointer> kept, Key.Product key, memory.desc w) {
    var x = keep(kept, new memory.desc(dims(key.rows(), key.in()), type, dims(key.in(), 1)));
    var y = floats(kept, dims(key.rows(), key.columns()), key.out(), 1);
    var attributes = attributes(kept);
    if (hasScales()) {
      attributes.set_scales_mask(dnnl.DNNL_ARG_WEIGHTS, 1 << 1);
    }
    if (!key.bias()) {
      return new matmul.primitive_desc(oneDnn.engine(), x, w, y, attributes, false);
    }
    var bias = floats(kept, dims(1, key.columns()), key.columns(), 1);
    return new matmul.primitive_desc(oneDnn.engine(), x, w, bias, y, attributes, false);
  }

  private static long[] dims(long... values) {
    return values;
  }

  /**
   * The product of so many rows with a tile of weights.
   *
   * <p>Its arguments: x, tile, y, then the bias if there is one, then the tile's scales if there
   * are such.
   */
  synchronized SharedPlan product(int rows, int columns, int in, int out, boolean bias) {
    return plans.computeIfAbsent(
        new Key.Product(rows, columns, in, out, bias),
        key -> {
          var kept = new ArrayList<Pointer>();
          var desc = productDesc(kept, (Key.Product) key, tileDesc(kept, columns, in));
          var arguments = new Arguments();
          arguments.add(dnnl.DNNL_ARG_SRC, keep(kept, desc.src_desc()));
          arguments.add(dnnl.DNNL_ARG_WEIGHTS, keep(kept, desc.weights_desc()));
          arguments.add(dnnl.DNNL_ARG_DST, keep(kept, desc.dst_desc()));
          if (bias) {
            arguments.add(dnnl.DNNL_ARG_BIAS, floats(kept, dims(1, columns), columns, 1));
          }
          if (hasScales()) {
            arguments.add(
                dnnl.DNNL_ARG_ATTR_SCALES | dnnl.DNNL_ARG_WEIGHTS, floats(kept, dims(columns), 1));
          }
          return new SharedPlan(oneDnn, kept, desc, new matmul(desc), arguments);
        });
  }

  /** Bytes of a tile, corrections that oneDNN adds to it included. */
  long tileBytes(int columns, int in) {
    var kept = new ArrayList<Pointer>();
    try {
      return tileDesc(kept, columns, in).get_size();
    } finally {
      kept.forEach(Pointer::close);
    }
  }

  /** How oneDNN wants a tile, for any number of rows. */
  private memory.desc tileDesc(List<Pointer> kept, int columns, int in) {
    var product = new Key.Product(Pieces.LARGEST, columns, in, columns, false);
    var any = new memory.desc(dims(in, columns), type, memory.format_tag.any);
    return keep(kept, keep(kept, productDesc(kept, product, keep(kept, any))).weights_desc());
  }

  /** Puts rounded weights [columns, in] in the order of a tile; its arguments: weights, tile. */
  synchronized SharedPlan tile(int columns, int in) {
    return plans.computeIfAbsent(
        new Key.Tile(columns, in),
        key -> {
          var kept = new ArrayList<Pointer>();
          var from = keep(kept, new memory.desc(dims(in, columns), type, dims(1, in)));
          return reordering(kept, from, tileDesc(kept, columns, in), attributes(kept));
        });
  }

  /** Rounds rows [rows, in]; its arguments: rows, rounded rows, their scales if any. */
  synchronized SharedPlan rows(int rows, int in) {
    return plans.computeIfAbsent(
        new Key.Rows(rows, in),
        key -> {
          var kept = new ArrayList<Pointer>();
          var from = floats(kept, dims(rows, in), in, 1);
          var to = keep(kept, new memory.desc(dims(rows, in), type, dims(in, 1)));
          var attributes = attributes(kept);
          if (!hasScales()) {
            return reordering(kept, from, to, attributes);
          }
          attributes.set_scales_mask(dnnl.DNNL_ARG_TO, 1); // one for each row
          var scales = floats(kept, dims(rows), 1);
          return reordering(kept, from, to, attributes, scales);
        });
  }

  private SharedPlan reordering(
      List<Pointer> kept,
      memory.desc from,
      memory.desc to,
      primitive_attr attributes,
      memory.desc... scales) {
    var engine = oneDnn.engine();
    var desc = new reorder.primitive_desc(engine, from, engine, to, attributes, false);
    var arguments = new Arguments();
    arguments.add(dnnl.DNNL_ARG_FROM, from);
    arguments.add(dnnl.DNNL_ARG_TO, to);
    for (var scale : scales) {
      arguments.add(dnnl.DNNL_ARG_ATTR_SCALES | dnnl.DNNL_ARG_TO, scale);
    }
    return new SharedPlan(oneDnn, kept, desc, new reorder(desc), arguments);
  }

  @Override
  public void close() {
    plans.values().forEach(SharedPlan::close);
    plans.clear();
  }
}
