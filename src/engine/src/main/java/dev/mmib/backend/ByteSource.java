package dev.mmib.backend;

import java.nio.ByteBuffer;

/** Numbers that are fetched as bytes, such as from a file, straight to where they are wanted. */
@FunctionalInterface
public interface ByteSource {

  /**
   * Fills {@code to} up to its limit with the elements from number {@code at} on: four bytes each,
   * in the buffer's own order. Several threads may ask for different places at once.
   */
  void read(long at, ByteBuffer to);
}
