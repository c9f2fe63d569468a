package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.PickleValue;
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
}
