package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.io.TensorType;
import java.nio.ByteBuffer;

/** A run of elements in a PyTorch file that one or more tensors are views of. */
public interface TorchStorage extends PickleValue.Built {

  /** Its name in the file. */
  String key();

  TensorType type();

  /** Number of elements. */
  long size();

  /** Fills {@code to} with its bytes from {@code at}, little-endian, which were checked before. */
  void read(long at, ByteBuffer to);

  /**
   * The same for one who reads all of it from front to back, and believes nothing before the end:
   * what there is to be checked is checked on the way.
   */
  default void stream(long at, ByteBuffer to) {
    read(at, to);
  }
}
