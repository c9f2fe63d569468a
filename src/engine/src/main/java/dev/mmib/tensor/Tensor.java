package dev.mmib.tensor;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;

/**
 * A shape and the {@link Buffer} that holds its numbers: a value, never changed by an op.
 *
 * <p>Its memory belongs to the {@link Scope} that was innermost when it was made; only an optimizer
 * changes parameters, between steps.
 */
public final class Tensor {

  private final Shape shape;
  private final Buffer buffer;
  private final boolean isParameter;

  Tensor(Shape shape, Buffer buffer, boolean isParameter) {
    this.shape = shape;
    this.buffer = buffer;
    this.isParameter = isParameter;
  }

  public Shape shape() {
    return shape;
  }

  public Buffer buffer() {
    return buffer;
  }

  public DType type() {
    return buffer.type();
  }

  /** Whether {@link Tape#gradients} differentiates with respect to this tensor. */
  public boolean isParameter() {
    return isParameter;
  }

  /** The same numbers under another shape of the same size; knows nothing of gradients. */
  public Tensor viewAs(Shape other) {
    if (other.size() != shape.size()) {
      throw new IllegalArgumentException("view: sizes differ, " + shape + " vs " + other);
    }
    return new Tensor(other, buffer, false);
  }

  /** A copy of the numbers on the heap. */
  public float[] toFloats() {
    var values = new float[shape.size()];
    Scope.current().backend().download(buffer, 0, values, 0, values.length);
    return values;
  }

  /** A copy of the numbers of an {@link DType#I32} tensor on the heap. */
  public int[] toInts() {
    var values = new int[shape.size()];
    Scope.current().backend().download(buffer, 0, values, 0, values.length);
    return values;
  }

  /** The number in a tensor of one element. */
  public float item() {
    if (shape.size() != 1) {
      throw new IllegalArgumentException("item: " + shape + " vs one element");
    }
    return toFloats()[0];
  }

  @Override
  public String toString() {
    return (type() == DType.F32 ? "Tensor" : "IntTensor") + shape;
  }
}
