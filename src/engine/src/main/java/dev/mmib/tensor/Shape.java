package dev.mmib.tensor;

import java.util.Arrays;

/** The extents of a row-major tensor, outermost first; a scalar has none. */
public final class Shape {

  private final int[] dims;
  private final int size;

  private Shape(int[] dims) {
    this.dims = dims;
    long product = 1;
    for (int d : dims) {
      if (d <= 0) {
        throw new IllegalArgumentException(
            "shape: non-positive extent in " + Arrays.toString(dims));
      }
      product *= d;
      if (product > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "shape: " + Arrays.toString(dims) + " has more than 2^31 - 1 elements");
      }
    }
    this.size = (int) product;
  }

  public static Shape of(int... dims) {
    return new Shape(dims.clone());
  }

  public static Shape of(int length) {
    return new Shape(new int[] {length});
  }

  public static Shape of(int rows, int cols) {
    return new Shape(new int[] {rows, cols});
  }

  public static Shape of(int batch, int rows, int cols) {
    return new Shape(new int[] {batch, rows, cols});
  }

  public int rank() {
    return dims.length;
  }

  /** Number of elements. */
  public int size() {
    return size;
  }

  /** Extent of an axis; negative axes count from the last, −1. */
  public int dim(int axis) {
    return dims[axis(axis)];
  }

  /** The axis as a number from 0; negative ones count from the last, −1. */
  public int axis(int axis) {
    int a = axis < 0 ? axis + dims.length : axis;
    if (a < 0 || a >= dims.length) {
      throw new IllegalArgumentException("shape: axis " + axis + " of " + this);
    }
    return a;
  }

  /** Extent of the last axis; 1 for a scalar. */
  public int last() {
    return dims.length == 0 ? 1 : dims[dims.length - 1];
  }

  /** The product of the extents of axes {@code from} (included) to {@code to} (excluded). */
  public int product(int from, int to) {
    int product = 1;
    for (int i = from; i < to; i++) {
      product *= dims[i];
    }
    return product;
  }

  /** A copy of the extents. */
  public int[] dims() {
    return dims.clone();
  }

  /** This shape with another extent of one axis. */
  public Shape with(int axis, int extent) {
    var changed = dims.clone();
    changed[axis(axis)] = extent;
    return new Shape(changed);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape that && Arrays.equals(dims, that.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
