package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.PickleBytes;

/** Pieces of pickles as {@code torch.save} writes them. */
final class TorchPickle {

  private TorchPickle() {}

  /** A float storage under a key. */
  static PickleBytes storage(PickleBytes to, String key, long size) {
    return storage(to, "FloatStorage", key, size);
  }

  static PickleBytes storage(PickleBytes to, String type, String key, long size) {
    return to.mark()
        .text("storage")
        .global("torch", type)
        .text(key)
        .text("cpu")
        .whole(size)
        .tuple()
        .persistent();
  }

  /** A view of the float storage '0', by {@code _rebuild_tensor_v2}. */
  static PickleBytes tensor(PickleBytes to, long size, long offset, long[] dims, long[] strides) {
    storage(to.global("torch._utils", "_rebuild_tensor_v2").mark(), "0", size);
    return to.whole(offset)
        .wholes(dims)
        .wholes(strides)
        .truth(false)
        .orderedDict()
        .tuple()
        .reduce();
  }

  static long[] of(long... values) {
    return values;
  }
}
