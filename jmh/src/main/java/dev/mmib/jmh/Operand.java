package dev.mmib.jmh;

import dev.mmib.nn.Initializer;
import dev.mmib.tensor.Shape;

/**
 * A tensor of random numbers, equal for all contenders.
 *
 * @param isWeight whether it stays the same for many calls, as a layer's weights do
 */
public record Operand(String name, Shape shape, boolean isWeight) {

  static Operand input(String name, int... extents) {
    return new Operand(name, Shape.of(extents), false);
  }

  static Operand weight(String name, int... extents) {
    return new Operand(name, Shape.of(extents), true);
  }

  /** Row-major. */
  public float[] values() {
    return Initializer.uniform(-1, 1).values(7, name, shape).toArray();
  }

  public long[] extents() {
    var extents = new long[shape.rank()];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = shape.dim(i);
    }
    return extents;
  }
}
