package dev.mmib.cpu;

import dev.mmib.backend.Precision;
import dev.mmib.cpu.SharedPrimitive.Argument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.Pointer;

/**
 * oneDNN's primitives that round numbers to fewer bits and multiply them.
 *
 * <p>They exist for a few numbers of rows only: whatever the length of a text, it is made of pieces
 * of these, since each compiles machine code of its own.
 */
final class ReducedPrimitives implements AutoCloseable {

  private sealed interface Key {
    record Product(int rows, int columns, int in, int out, boolean bias) implements Key {}

    record Rows(int rows, int in) implements Key {}

    record Tile(int columns, int in) implements Key {}
  }

  private final OneDnn oneDnn;
  private final memory.data_type type;
  private final Map<Key, SharedPrimitive> primitives = new HashMap<>();

  /** Primitives of {@code BF16} or {@code INT8}. */
  ReducedPrimitives(OneDnn oneDnn, Precision precision) {
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

  /** Natives that are needed while a primitive is composed. */
  private final class Composition implements AutoCloseable {
    private final List<Pointer> temporaries = new ArrayList<>();
    private final List<Argument> arguments = new ArrayList<>();

    private <T extends Pointer> T keep(T object) {
      temporaries.add(object);
      return object;
    }

    primitive_attr attributes() {
      return keep(SharedPrimitive.attributes());
    }

    memory.desc desc(memory.data_type type, long[] dims, long... strides) {
      return keep(new memory.desc(dims, type, strides));
    }

    memory.desc floats(long[] dims, long... strides) {
      return desc(memory.data_type.f32, dims, strides);
    }

    void argument(int number, memory.desc desc) {
      arguments.add(new Argument(number, new memory.desc(desc)));
    }

    /** {@code y [rows of out] = x [rows, in] · a tile [in, columns] (+ bias)}. */
    matmul.primitive_desc product(Key.Product key, memory.desc w) {
      var x = desc(type, dims(key.rows(), key.in()), key.in(), 1);
      var y = floats(dims(key.rows(), key.columns()), key.out(), 1);
      var attributes = attributes();
      if (hasScales()) {
        attributes.set_scales_mask(dnnl.DNNL_ARG_WEIGHTS, 1 << 1);
      }
      if (!key.bias()) {
        return new matmul.primitive_desc(oneDnn.engine(), x, w, y, attributes, false);
      }
      var bias = floats(dims(1, key.columns()), key.columns(), 1);
      return new matmul.primitive_desc(oneDnn.engine(), x, w, bias, y, attributes, false);
    }

    /** How oneDNN wants a tile, for any number of rows. */
    memory.desc tile(int columns, int in) {
      var product = new Key.Product(Pieces.LARGEST, columns, in, columns, false);
      var any = keep(new memory.desc(dims(in, columns), type, memory.format_tag.any));
      return keep(keep(product(product, any)).weights_desc());
    }

    SharedPrimitive reordering(
        memory.desc from, memory.desc to, primitive_attr attributes, memory.desc... scales) {
      var engine = oneDnn.engine();
      var desc = new reorder.primitive_desc(engine, from, engine, to, attributes, false);
      argument(dnnl.DNNL_ARG_FROM, from);
      argument(dnnl.DNNL_ARG_TO, to);
      for (var scale : scales) {
        argument(dnnl.DNNL_ARG_ATTR_SCALES | dnnl.DNNL_ARG_TO, scale);
      }
      return shared(desc, () -> new reorder(desc));
    }

    SharedPrimitive shared(primitive_desc_base desc, Supplier<primitive> made) {
      return new SharedPrimitive(oneDnn, desc, made.get(), arguments);
    }

    @Override
    public void close() {
      temporaries.forEach(Pointer::close);
    }
  }

  private static long[] dims(long... values) {
    return values;
  }

  /** The primitive of {@code key}, composed when it is first asked for. */
  private synchronized SharedPrimitive primitive(
      Key key, Function<Composition, SharedPrimitive> compose) {
    SharedPrimitive known = primitives.get(key);
    if (known != null) {
      return known;
    }
    try (var composition = new Composition()) {
      SharedPrimitive made = compose.apply(composition);
      primitives.put(key, made);
      return made;
    } catch (RuntimeException e) { // the only type that JavaCPP makes of a C++ exception
      throw OneDnn.refusal(key, e);
    }
  }

  /**
   * The product of so many rows with a tile of weights.
   *
   * <p>Its arguments: x, tile, y, then the bias if there is one, then the tile's scales if there
   * are such.
   */
  SharedPrimitive product(int rows, int columns, int in, int out, boolean bias) {
    var key = new Key.Product(rows, columns, in, out, bias);
    return primitive(
        key,
        composition -> {
          var desc = composition.product(key, composition.tile(columns, in));
          composition.argument(dnnl.DNNL_ARG_SRC, composition.keep(desc.src_desc()));
          composition.argument(dnnl.DNNL_ARG_WEIGHTS, composition.keep(desc.weights_desc()));
          composition.argument(dnnl.DNNL_ARG_DST, composition.keep(desc.dst_desc()));
          if (bias) {
            composition.argument(
                dnnl.DNNL_ARG_BIAS, composition.floats(dims(1, columns), columns, 1));
          }
          if (hasScales()) {
            composition.argument(
                dnnl.DNNL_ARG_ATTR_SCALES | dnnl.DNNL_ARG_WEIGHTS,
                composition.floats(dims(columns), 1));
          }
          return composition.shared(desc, () -> new matmul(desc));
        });
  }

  /** Bytes of a tile, corrections that oneDNN adds to it included. */
  long tileBytes(int columns, int in) {
    try (var composition = new Composition()) {
      return composition.tile(columns, in).get_size();
    }
  }

  /** Puts rounded weights [columns, in] in the order of a tile; its arguments: weights, tile. */
  SharedPrimitive tile(int columns, int in) {
    return primitive(
        new Key.Tile(columns, in),
        composition ->
            composition.reordering(
                composition.desc(type, dims(in, columns), 1, in),
                composition.tile(columns, in),
                composition.attributes()));
  }

  /** Rounds rows [rows, in]; its arguments: rows, rounded rows, their scales if any. */
  SharedPrimitive rows(int rows, int in) {
    return primitive(
        new Key.Rows(rows, in),
        composition -> {
          var from = composition.floats(dims(rows, in), in, 1);
          var to = composition.desc(type, dims(rows, in), in, 1);
          var attributes = composition.attributes();
          if (!hasScales()) {
            return composition.reordering(from, to, attributes);
          }
          attributes.set_scales_mask(dnnl.DNNL_ARG_TO, 1); // one for each row
          return composition.reordering(from, to, attributes, composition.floats(dims(rows), 1));
        });
  }

  @Override
  public void close() {
    primitives.values().forEach(SharedPrimitive::close);
    primitives.clear();
  }
}
