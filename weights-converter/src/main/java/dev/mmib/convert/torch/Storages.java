package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.Refusal;
import dev.mmib.io.TensorType;

/** The storages of a PyTorch file, by the keys that its pickle uses. */
@FunctionalInterface
public interface Storages {

  /**
   * The storage under {@code key}, asked for once a key.
   *
   * @throws Refusal if there is none, or its bytes are not those of {@code size} elements
   */
  TorchStorage storage(String key, TensorType type, long size) throws Refusal;
}
