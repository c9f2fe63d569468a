package dev.mmib.backend;

/** A flat run of numbers in the memory of one {@link Backend}. */
public interface Buffer extends AutoCloseable {

  DType type();

  /** Number of elements. */
  int length();

  /** Frees the memory. Every later use of this buffer is a bug and throws. */
  @Override
  void close();
}
