package dev.mmib.cuda;

import java.util.Arrays;

/**
 * The axes of an index space that two operands walk through, neighbours merged where neither jumps.
 *
 * <p>Kernels take up to {@value #MAX} axes as plain parameters, innermost first.
 *
 * @param dims extents, innermost first; never empty
 * @param aStrides distance in a of neighbours along each axis
 * @param bStrides the same for b
 */
record IndexAxes(int[] dims, int[] aStrides, int[] bStrides) {

  /** What kernels have parameters for. */
  static final int MAX = 8;

  /** Of extents and strides that are given outermost first. */
  static IndexAxes merged(int[] dims, int[] aStrides, int[] bStrides) {
    var d = new int[Math.max(1, dims.length)];
    var a = new int[d.length];
    var b = new int[d.length];
    d[0] = 1;
    int last = 0;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      if (dims[axis] == 1) {
        continue;
      }
      boolean first = d[last] == 1;
      if (!first && (aStrides[axis] != a[last] * d[last] || bStrides[axis] != b[last] * d[last])) {
        last++;
        d[last] = 1;
        first = true;
      }
      if (first) {
        a[last] = aStrides[axis];
        b[last] = bStrides[axis];
      }
      d[last] *= dims[axis];
    }
    return new IndexAxes(
        Arrays.copyOf(d, last + 1), Arrays.copyOf(a, last + 1), Arrays.copyOf(b, last + 1));
  }

  int rank() {
    return dims.length;
  }

  /** Itself, refused if there are more than {@code max} axes. */
  IndexAxes atMost(int max, String op) {
    if (rank() > max) {
      throw new IllegalArgumentException(
          op + ": axes that cannot be merged, " + rank() + " vs at most " + max);
    }
    return this;
  }

  /** Whether an operand is made of aligned fours of neighbours, or of fours of one number. */
  static boolean inFours(int[] strides) {
    if (strides[0] == 0) {
      return true;
    }
    for (int axis = 1; axis < strides.length; axis++) {
      if (strides[axis] % 4 != 0) {
        return false;
      }
    }
    return strides[0] == 1;
  }

  /** Gives {@code kernel} a list of so many {@code places}, 0 where there is no axis. */
  static void pass(Kernel kernel, int[] values, int places) {
    for (int axis = 0; axis < places; axis++) {
      kernel.value(axis < values.length ? values[axis] : 0);
    }
  }
}
