package dev.mmib.golden;

import dev.mmib.nn.Values;
import dev.mmib.tensor.Shape;
import java.nio.charset.StandardCharsets;

/** Numbers made from a name and a seed: what large golden inputs and weights were made by. */
public record GoldenHash(long seed) {

  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  /** The interval that a tensor's numbers are drawn from. */
  public record Range(double lo, double hi) {

    static Range of(double bound) {
      return new Range(-bound, bound);
    }
  }

  /** Element {@code i} of the tensor {@code name}, in [0, 1). */
  public double unit(String name, long i) {
    return unit(start(name), i);
  }

  private long start(String name) {
    long hash = 0xCBF29CE484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
    }
    return hash ^ (seed * GOLDEN_RATIO);
  }

  private static double unit(long start, long i) {
    long z = start + (i + 1) * GOLDEN_RATIO;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z = z ^ (z >>> 31);
    return (z >>> 11) * 0x1p-53;
  }

  public float[] uniform(String name, int size, double lo, double hi) {
    long start = start(name);
    var values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (lo + (hi - lo) * unit(start, i));
    }
    return values;
  }

  public float[] uniform(String name, int size, Range range) {
    return uniform(name, size, range.lo(), range.hi());
  }

  /** The numbers of a weight. */
  public Values uniform(String name, Shape shape, Range range) {
    return Values.of(shape, uniform(name, shape.size(), range));
  }

  /** Whole numbers from 0 to n − 1. */
  public int[] randint(String name, int size, int n) {
    long start = start(name);
    var values = new int[size];
    for (int i = 0; i < size; i++) {
      values[i] = (int) Math.floor(unit(start, i) * n);
    }
    return values;
  }

  /** {@code resnet50_rule}; {@code num_batches_tracked} is 1. */
  public static Range resnet50Rule(String name, int... dims) {
    if (name.endsWith("num_batches_tracked")) {
      return new Range(1, 1);
    }
    if (name.endsWith("running_mean")) {
      return Range.of(0.1);
    }
    if (name.endsWith("running_var")) {
      return new Range(0.5, 1.5);
    }
    if (name.startsWith("fc.")) {
      return Range.of(0.02);
    }
    if (dims.length == 4) {
      return Range.of(Math.sqrt(6.0 / ((long) dims[1] * dims[2] * dims[3])));
    }
    if (name.endsWith("bn3.weight")) {
      return new Range(0.2, 0.4);
    }
    return name.endsWith("weight") ? new Range(0.5, 1.0) : Range.of(0.1);
  }

  /** {@code bert_rule}; the name is without a {@code bert.} prefix. */
  public static Range bertRule(String name, int... dims) {
    if (name.contains("LayerNorm")) {
      return name.endsWith("weight") ? new Range(0.8, 1.2) : Range.of(0.1);
    }
    if (name.endsWith("bias")) {
      return Range.of(0.05);
    }
    if (name.contains("embeddings") && name.endsWith("weight")) {
      return Range.of(0.1);
    }
    return Range.of(2 / Math.sqrt(dims[dims.length - 1]));
  }

  /** {@code mmib_rule}; the name is the full one. */
  public static Range mmibRule(String name, int... dims) {
    if (name.startsWith("crf.")) {
      return Range.of(0.1);
    }
    if (name.contains(".ln1.") || name.contains(".ln2.") || name.contains("LayerNorm")) {
      return name.endsWith("weight") ? new Range(0.8, 1.2) : Range.of(0.1);
    }
    if (dims.length == 3) {
      return Range.of(1.0 / dims[2]);
    }
    return bertRule(name, dims);
  }
}
