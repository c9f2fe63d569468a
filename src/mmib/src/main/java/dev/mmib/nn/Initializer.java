package dev.mmib.nn;

import dev.mmib.backend.Philox;
import dev.mmib.tensor.Shape;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The distribution that a fresh weight is drawn from.
 *
 * <p>Numbers depend on the seed and the weight's name only, so that a layer more or less elsewhere
 * changes nothing here.
 */
@FunctionalInterface
public interface Initializer {

  Initializer ZEROS = constant(0);
  Initializer ONES = constant(1);

  /** The numbers of the weight {@code name}, row-major. */
  float[] values(long seed, String name, Shape shape);

  static Initializer constant(double value) {
    return (seed, name, shape) -> {
      var values = new float[shape.size()];
      Arrays.fill(values, (float) value);
      return values;
    };
  }

  /** N(0, deviation²). */
  static Initializer normal(double deviation) {
    return (seed, name, shape) -> {
      var values = new float[shape.size()];
      long stream = streamOf(name);
      var words = new int[4];
      for (int i = 0; i < values.length; i++) {
        if (i % 4 == 0) {
          Philox.block(seed, stream, i / 4, words);
        }
        int pair = i % 4 / 2 * 2;
        values[i] = (float) (deviation * Philox.normal(words[pair], words[pair + 1], i % 2 == 1));
      }
      return values;
    };
  }

  /** U[low, high). */
  static Initializer uniform(double low, double high) {
    return (seed, name, shape) -> {
      var values = new float[shape.size()];
      long stream = streamOf(name);
      var words = new int[4];
      for (int i = 0; i < values.length; i++) {
        if (i % 4 == 0) {
          Philox.block(seed, stream, i / 4, words);
        }
        values[i] = (float) (low + (high - low) * Philox.uniform(words[i % 4]));
      }
      return values;
    };
  }

  /** U(±1/√fan) for a weight [out, fan], the usual one of a linear layer. */
  static Initializer linear(int fan) {
    double bound = 1 / Math.sqrt(fan);
    return uniform(-bound, bound);
  }

  /**
   * N(0, 2/(out · height · width)) for a convolution [out, in, height, width].
   *
   * <p>Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers" (ICCV 2015), by the number of
   * outputs as torchvision's ResNet does it.
   */
  static Initializer kaiming() {
    return (seed, name, shape) -> {
      int fan = shape.dim(0) * shape.product(2, shape.rank());
      return normal(Math.sqrt(2.0 / fan)).values(seed, name, shape);
    };
  }

  /** FNV-1a of the name, as the number of a random stream. */
  private static long streamOf(String name) {
    long hash = 0xCBF29CE484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
    }
    return hash;
  }
}
