package dev.mmib.op;

import dev.mmib.tensor.Shape;

/** The rules by which shapes stretch to each other, those of numpy. */
final class Broadcast {

  private Broadcast() {}

  /** The shape of {@code a} and {@code b} combined: axes align at the end, extent 1 stretches. */
  static Shape shape(String op, Shape a, Shape b) {
    if (a.equals(b)) {
      return a;
    }
    int rank = Math.max(a.rank(), b.rank());
    var dims = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      int m = extent(a, rank, axis);
      int n = extent(b, rank, axis);
      if (m != n && m != 1 && n != 1) {
        throw new IllegalArgumentException(
            op + ": shapes do not broadcast, " + a + " vs " + b + ": extents must be equal or 1");
      }
      dims[axis] = Math.max(m, n);
    }
    return Shape.of(dims);
  }

  /** Whether a tensor of shape {@code from} stretches to exactly {@code to}. */
  static boolean fits(Shape from, Shape to) {
    if (from.rank() > to.rank()) {
      return false;
    }
    for (int axis = 0; axis < to.rank(); axis++) {
      int m = extent(from, to.rank(), axis);
      if (m != 1 && m != to.dim(axis)) {
        return false;
      }
    }
    return true;
  }

  /** Distances of neighbours of {@code from} along the axes of {@code to}; 0 where it stretches. */
  static int[] strides(Shape from, Shape to) {
    var strides = new int[to.rank()];
    int stride = 1;
    for (int axis = to.rank() - 1; axis >= 0; axis--) {
      int extent = extent(from, to.rank(), axis);
      strides[axis] = extent == 1 ? 0 : stride;
      stride *= extent;
    }
    return strides;
  }

  /** The extent of {@code axis} of {@code rank} axes, 1 where {@code shape} has none there. */
  static int extent(Shape shape, int rank, int axis) {
    int own = axis - (rank - shape.rank());
    return own < 0 ? 1 : shape.dim(own);
  }
}
