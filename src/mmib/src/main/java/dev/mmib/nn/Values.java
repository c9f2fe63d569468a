package dev.mmib.nn;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.tensor.Shape;

/**
 * The numbers of one tensor, row-major, wherever they are.
 *
 * <p>They go to a device without a copy of all of them on the heap where their source can do that.
 */
public interface Values {

  /** All of them; the caller may change the array. */
  float[] toArray();

  /** {@code to[at .. at+length)} becomes the numbers of the same places. */
  void upload(Backend backend, Buffer to, int at, int length);

  /** Numbers that are there already; the array becomes the values' own. */
  static Values of(Shape shape, float... values) {
    if (values.length != shape.size()) {
      throw new IllegalArgumentException(
          "values: " + values.length + " vs shape " + shape + ": give one for each element");
    }
    return new Values() {
      @Override
      public float[] toArray() {
        return values;
      }

      @Override
      public void upload(Backend backend, Buffer to, int at, int length) {
        backend.upload(values, at, to, at, length);
      }
    };
  }
}
