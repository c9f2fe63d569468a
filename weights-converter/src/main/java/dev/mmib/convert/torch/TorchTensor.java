package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import java.util.List;

/**
 * A tensor of a PyTorch file: a strided view into a storage that stays in the file.
 *
 * @param dims extents, outermost first
 * @param strides elements from one index to the next, one an extent
 * @param offset the first element's place in the storage, in elements
 */
public record TorchTensor(TorchStorage storage, long offset, List<Long> dims, List<Long> strides)
    implements PickleValue.Built {

  public TorchTensor {
    dims = List.copyOf(dims);
    strides = List.copyOf(strides);
  }

  public TensorType type() {
    return storage.type();
  }

  /** Number of elements. */
  public long size() {
    return dims.stream().reduce(1L, Math::multiplyExact);
  }

  /** Whether its elements lie in the storage one after another, in row-major order. */
  public boolean isContiguous() {
    long expected = 1;
    for (int i = dims.size() - 1; i >= 0; i--) {
      if (dims.get(i) != 1 && strides.get(i) != expected) {
        return size() == 0;
      }
      expected *= dims.get(i);
    }
    return true;
  }

  /**
   * Its elements in row-major order, read from the storage as they are asked for. They should be
   * asked for from the first to the last: what is damaged may be noticed only with the last.
   */
  public TensorSource source() {
    int width = type().bits() / 8;
    if (!isContiguous()) {
      return new TensorSource(type(), dims, new StridedContent(this));
    }
    return offset == 0 && size() == storage.size()
        ? new TensorSource(type(), dims, (at, to) -> storage.stream(at * width, to))
        : new TensorSource(type(), dims, (at, to) -> storage.read((offset + at) * width, to));
  }
}
