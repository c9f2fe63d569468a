package dev.mmib.convert.torch;

import dev.mmib.io.TensorType;
import java.nio.ByteBuffer;

/**
 * A part of a storage taken for a storage, as PyTorch before 0.4 could write slices of storages.
 *
 * @param offset where it begins, in elements of {@code whole}
 */
record StoragePart(TorchStorage whole, String key, long offset, long size) implements TorchStorage {

  @Override
  public TensorType type() {
    return whole.type();
  }

  @Override
  public void read(long at, ByteBuffer to) {
    whole.read(offset * (type().bits() / 8) + at, to);
  }
}
