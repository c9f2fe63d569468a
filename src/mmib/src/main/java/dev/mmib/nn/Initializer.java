package dev.mmib.nn;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
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

  /** Draws {@code count} numbers of the weight {@code name}, row-major, from number {@code at}. */
  void draw(long seed, String name, Shape shape, int at, float[] to, int count);

  /** The numbers of the weight {@code name}. */
  default Values values(long seed, String name, Shape shape) {
    return new Values() {
      @Override
      public float[] toArray() {
        var values = new float[shape.size()];
        draw(seed, name, shape, 0, values, values.length);
        return values;
      }

      @Override
      public void upload(Backend backend, Buffer to, int at, int length) {
        var run = new float[Math.min(1 << 16, length)];
        for (int done = 0; done < length; done += run.length) {
          int count = Math.min(run.length, length - done);
          draw(seed, name, shape, at + done, run, count);
          backend.upload(run, 0, to, at + done, count);
        }
      }
    };
  }

  static Initializer constant(double value) {
    return (seed, name, shape, at, to, count) -> Arrays.fill(to, 0, count, (float) value);
  }

  /** N(0, deviation²). */
  static Initializer normal(double deviation) {
    return (seed, name, shape, at, to, count) -> {
      long stream = streamOf(name);
      var words = new int[4];
      for (int i = 0; i < count; i++) {
        int number = at + i;
        if (i == 0 || number % 4 == 0) {
          Philox.block(seed, stream, number / 4, words);
        }
        int pair = number % 4 / 2 * 2;
        to[i] = (float) (deviation * Philox.normal(words[pair], words[pair + 1], number % 2 == 1));
      }
    };
  }

  /** U[low, high). */
  static Initializer uniform(double low, double high) {
    return (seed, name, shape, at, to, count) -> {
      long stream = streamOf(name);
      var words = new int[4];
      for (int i = 0; i < count; i++) {
        int number = at + i;
        if (i == 0 || number % 4 == 0) {
          Philox.block(seed, stream, number / 4, words);
        }
        to[i] = (float) (low + (high - low) * Philox.uniform(words[number % 4]));
      }
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
    return (seed, name, shape, at, to, count) -> {
      int fan = shape.dim(0) * shape.product(2, shape.rank());
      normal(Math.sqrt(2.0 / fan)).draw(seed, name, shape, at, to, count);
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
