package dev.mmib.jmh;

import dev.mmib.nn.Initializer;
import dev.mmib.tensor.Shape;

/**
 * Matrices to be multiplied, [batch, rows, inner] · [batch, inner, columns].
 *
 * @param transposed whether the right ones are stored [columns, inner], as weights and keys are
 */
public record ProductInput(int batch, int rows, int inner, int columns, boolean transposed) {

  /** Rows times a weight. */
  public static ProductInput linear(int rows, int in, int out) {
    return new ProductInput(1, rows, in, out, true);
  }

  public float[] left() {
    return values("left", Shape.of(batch, rows, inner));
  }

  public float[] right() {
    return values("right", Shape.of(batch, inner, columns));
  }

  private static float[] values(String name, Shape shape) {
    return Initializer.uniform(-1, 1).values(7, name, shape).toArray();
  }

  /** Multiplications and additions. */
  public double operations() {
    return 2.0 * batch * rows * inner * columns;
  }
}
