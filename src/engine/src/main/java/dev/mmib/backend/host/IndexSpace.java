package dev.mmib.backend.host;

import java.util.Arrays;

/**
 * The index space of a broadcast, as rows over which both operands move evenly.
 *
 * <p>Neighbouring axes that both operands walk through without a jump are merged, so that adding a
 * bias to [8, 128, 768] is 1024 rows of 768.
 *
 * @param dims extents of the merged axes; the last one is the row
 * @param aStrides distance in a of neighbours along each merged axis
 * @param bStrides the same for b
 */
record IndexSpace(int[] dims, int[] aStrides, int[] bStrides) {

  static IndexSpace of(int[] dims, int[] aStrides, int[] bStrides) {
    var d = new int[Math.max(1, dims.length)];
    var a = new int[d.length];
    var b = new int[d.length];
    int last = d.length - 1; // filled from the end
    d[last] = 1;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      if (dims[axis] == 1) {
        continue;
      }
      if (d[last] == 1) {
        a[last] = aStrides[axis];
        b[last] = bStrides[axis];
      } else if (aStrides[axis] != a[last] * d[last] || bStrides[axis] != b[last] * d[last]) {
        last--;
        d[last] = 1;
        a[last] = aStrides[axis];
        b[last] = bStrides[axis];
      }
      d[last] *= dims[axis];
    }
    return new IndexSpace(tail(d, last), tail(a, last), tail(b, last));
  }

  private static int[] tail(int[] values, int from) {
    return Arrays.copyOfRange(values, from, values.length);
  }

  int inner() {
    return dims[dims.length - 1];
  }

  int rows() {
    int rows = 1;
    for (int axis = 0; axis < dims.length - 1; axis++) {
      rows *= dims[axis];
    }
    return rows;
  }

  int aStride() {
    return aStrides[aStrides.length - 1];
  }

  int bStride() {
    return bStrides[bStrides.length - 1];
  }

  /** Where element {@code i} of a row lies in a. */
  int aAt(int row, int i) {
    return at(aStrides, row, i);
  }

  /** Where element {@code i} of a row lies in b. */
  int bAt(int row, int i) {
    return at(bStrides, row, i);
  }

  private int at(int[] strides, int row, int i) {
    int at = i * strides[dims.length - 1];
    for (int axis = dims.length - 2; axis >= 0; axis--) {
      at += row % dims[axis] * strides[axis];
      row /= dims[axis];
    }
    return at;
  }
}
