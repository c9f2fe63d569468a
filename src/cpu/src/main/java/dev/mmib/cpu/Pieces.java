package dev.mmib.cpu;

/** Cuts any number of rows into pieces of a few sizes. */
final class Pieces {

  /** The largest piece. */
  static final int LARGEST = 256;

  /** From here on, a piece may take rows again that the one before has taken. */
  private static final int OVERLAPPING = 16;

  private Pieces() {}

  /** Does {@code rows} rows from {@code from} on. */
  @FunctionalInterface
  interface Work {
    void piece(int from, int rows);
  }

  /**
   * Calls {@code work} for pieces that cover {@code [from, to)}, all of them powers of two.
   *
   * <p>What would be less than {@value #OVERLAPPING} rows at the end takes as many as that, some of
   * which are done twice: small pieces are slow.
   */
  static void forEach(int from, int to, Work work) {
    int at = from;
    while (at < to) {
      int left = to - at;
      if (left < OVERLAPPING && to - from >= OVERLAPPING) {
        work.piece(to - OVERLAPPING, OVERLAPPING);
        return;
      }
      int size = Math.min(LARGEST, Integer.highestOneBit(left));
      work.piece(at, size);
      at += size;
    }
  }
}
