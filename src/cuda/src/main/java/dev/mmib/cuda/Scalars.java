package dev.mmib.cuda;

import jcuda.Pointer;

/** The numbers 1 and 0 in the host's memory, for calls that scale by them. */
final class Scalars implements AutoCloseable {

  private final PinnedBlock block = new PinnedBlock(64);

  Scalars() {
    block.bytes().putFloat(0, 1);
    block.bytes().putFloat(4, 0);
  }

  Pointer one() {
    return block.pointer();
  }

  Pointer zero() {
    return block.pointer().withByteOffset(4);
  }

  @Override
  public void close() {
    block.close();
  }
}
