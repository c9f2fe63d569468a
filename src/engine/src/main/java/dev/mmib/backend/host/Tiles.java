package dev.mmib.backend.host;

/**
 * How host kernels cut their work.
 *
 * <p>Loops run over arrays of one tile, which the JIT vectorizes wherever the buffer lives; threads
 * take whole chunks. Both are constants, so that results do not depend on the number of threads.
 */
final class Tiles {

  /** Elements that are worked on in the first-level cache. */
  static final int TILE = 1024;

  /** Elements that are worth a thread's attention. */
  static final int CHUNK = 16 * TILE;

  private Tiles() {}

  /** How many rows of {@code cols} elements make a chunk. */
  static int rows(int cols) {
    return Math.max(1, CHUNK / cols);
  }

  /** The number of parts of {@code size} that cover {@code n}. */
  static int count(int n, int size) {
    return (int) (((long) n + size - 1) / size);
  }

  /** The length of the tile that starts at {@code at}, before {@code to}. */
  static int length(int at, int to) {
    return Math.min(TILE, to - at);
  }
}
