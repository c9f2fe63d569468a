package dev.mmib.io;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.nn.Values;
import dev.mmib.tensor.Shape;

/**
 * A weight some of whose rows come from a stored one.
 *
 * @param stored what has them
 * @param rows the stored row of each, −1 for none; rows beyond the array have none either
 * @param otherwise the numbers of the rows that have none
 */
record RowValues(Shape shape, StoredValues stored, int[] rows, Values otherwise) implements Values {

  private int width() {
    return shape.rank() == 1 ? 1 : shape.last();
  }

  @Override
  public float[] toArray() {
    var values = otherwise.toArray();
    var old = stored.toArray();
    for (int row = 0; row < rows.length; row++) {
      if (rows[row] >= 0) {
        System.arraycopy(old, rows[row] * width(), values, row * width(), width());
      }
    }
    return values;
  }

  @Override
  public void upload(Backend backend, Buffer to, int at, int length) {
    int end;
    for (int row = 0; row < shape.dim(0); row = end) {
      end = endOfRun(row);
      int first = Math.max(row * width(), at);
      int count = Math.min(end * width(), at + length) - first;
      if (count > 0 && stored(row) < 0) {
        otherwise.upload(backend, to, first, count);
      } else if (count > 0) {
        long there = (long) stored(row) * width() + first - row * width();
        stored.upload(there, backend, to, first, count);
      }
    }
  }

  private int stored(int row) {
    return row < rows.length ? rows[row] : -1;
  }

  /** The row after those that follow each other here and there, or that all have none. */
  private int endOfRun(int row) {
    int first = stored(row);
    int end = row + 1;
    while (end < shape.dim(0) && stored(end) == (first < 0 ? -1 : first + end - row)) {
      end++;
    }
    return end;
  }
}
