package dev.mmib.convert.torch;

import dev.mmib.io.TensorType;
import java.nio.ByteBuffer;

/** The bytes of an untyped storage taken as elements of a type, as newer PyTorch writes them. */
record RetypedStorage(TorchStorage bytes, TensorType type) implements TorchStorage {

  @Override
  public String key() {
    return bytes.key();
  }

  @Override
  public long size() {
    return bytes.size() / (type.bits() / 8);
  }

  @Override
  public void read(long at, ByteBuffer to) {
    bytes.read(at, to);
  }

  @Override
  public void stream(long at, ByteBuffer to) {
    if (bytes.size() % (type.bits() / 8) == 0) {
      bytes.stream(at, to);
    } else {
      // The last bytes are no whole element, so that nobody would reach the end.
      bytes.read(at, to);
    }
  }
}
