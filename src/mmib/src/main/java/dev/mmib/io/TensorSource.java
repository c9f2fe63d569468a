package dev.mmib.io;

import dev.mmib.tensor.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor to be written: its type, its extents, and its numbers on demand.
 *
 * @param content puts elements from number {@code at} into the buffer until it is full
 */
public record TensorSource(TensorType type, List<Long> dims, Content content) {

  /** Gives a tensor's bytes, little-endian. */
  @FunctionalInterface
  public interface Content {
    void put(long at, ByteBuffer to);
  }

  /** Gives a tensor's floats: {@code to[0 .. count)} are the elements from number {@code at}. */
  @FunctionalInterface
  public interface Floats {
    void get(int at, float[] to, int count);
  }

  public TensorSource {
    dims = List.copyOf(dims);
  }

  public static TensorSource floats(Shape shape, float... values) {
    requireSize(shape, values.length);
    return new TensorSource(
        TensorType.F32,
        dims(shape),
        (at, to) -> to.asFloatBuffer().put(values, (int) at, to.remaining() / 4));
  }

  /** Floats that are fetched in runs, such as from a device. */
  public static TensorSource floats(Shape shape, Floats values) {
    return new TensorSource(
        TensorType.F32,
        dims(shape),
        (at, to) -> {
          var run = new float[to.remaining() / 4];
          values.get((int) at, run, run.length);
          to.asFloatBuffer().put(run);
        });
  }

  public static TensorSource ints(Shape shape, int... values) {
    requireSize(shape, values.length);
    return new TensorSource(
        TensorType.I32,
        dims(shape),
        (at, to) -> to.asIntBuffer().put(values, (int) at, to.remaining() / 4));
  }

  public static TensorSource longs(Shape shape, long... values) {
    requireSize(shape, values.length);
    return new TensorSource(
        TensorType.I64,
        dims(shape),
        (at, to) -> to.asLongBuffer().put(values, (int) at, to.remaining() / 8));
  }

  /** Elements of any type whose width is whole bytes, little-endian. */
  public static TensorSource bytes(TensorType type, List<Long> dims, byte[] values) {
    int width = type.bits() / 8;
    return new TensorSource(
        type, dims, (at, to) -> to.put(values, (int) at * width, to.remaining()));
  }

  private static void requireSize(Shape shape, int length) {
    if (shape.size() != length) {
      throw new IllegalArgumentException(
          "safetensors: shape " + shape + " vs " + length + " values: give one value an element");
    }
  }

  private static List<Long> dims(Shape shape) {
    return Arrays.stream(shape.dims()).mapToObj(d -> (long) d).toList();
  }
}
