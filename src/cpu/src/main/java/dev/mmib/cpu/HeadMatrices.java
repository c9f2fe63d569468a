package dev.mmib.cpu;

/**
 * Where [batch, heads, rows, cols] matrices lie in a buffer.
 *
 * <p>The strides are distances of neighbours along each axis: heads are read and written inside
 * rows of all heads, transposes are strides swapped.
 */
public record HeadMatrices(
    int batch,
    int heads,
    int rows,
    int cols,
    long batchStride,
    long headStride,
    long rowStride,
    long colStride) {

  /** Each matrix turned. */
  public HeadMatrices transposed() {
    return new HeadMatrices(
        batch, heads, cols, rows, batchStride, headStride, colStride, rowStride);
  }

  /** Sizes of the four axes. */
  public long[] dims() {
    return new long[] {batch, heads, rows, cols};
  }

  /** Strides of the four axes. */
  public long[] strides() {
    return new long[] {batchStride, headStride, rowStride, colStride};
  }
}
