package dev.mmib.io;

import java.util.List;

/**
 * One tensor of a safetensors file, as its header describes it.
 *
 * @param dims extents, outermost first; a scalar has none, and an extent may be 0
 * @param begin first byte, counted from the end of the header
 * @param end the byte after the last
 */
public record TensorEntry(String name, TensorType type, List<Long> dims, long begin, long end) {

  public TensorEntry {
    dims = List.copyOf(dims);
  }

  /** Number of elements. */
  public long size() {
    long size = 1;
    for (long d : dims) {
      size *= d; // does not overflow: the product was checked against the bytes of the file
    }
    return size;
  }

  public long bytes() {
    return end - begin;
  }
}
