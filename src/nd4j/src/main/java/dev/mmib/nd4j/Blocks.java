package dev.mmib.nd4j;

/**
 * How the result of a product is cut into parts for threads, by its sizes alone.
 *
 * <p>OpenBLAS copies both factors of every part into an order of its own, which is dear where parts
 * are small; so they are only as many as keep some cores busy.
 */
record Blocks(int rows, int cols, int height, int width) {

  private static final int HEIGHT = 512;
  private static final int WIDTH = 768;

  /** Parts that there are at least if the product is large enough. */
  private static final int ENOUGH = 8;

  /** Multiplications and additions that are worth a thread: some ten microseconds. */
  private static final double WORTH_A_THREAD = 1e6;

  /** What OpenBLAS' kernels for AVX-512 work on at a time, and all others' a part of it. */
  private static final int STEP = 48;

  static Blocks of(int batch, int rows, int cols, int inner) {
    var blocks = new Blocks(rows, cols, Math.min(rows, HEIGHT), Math.min(cols, WIDTH));
    while ((long) batch * blocks.count() < ENOUGH && blocks.isDivisible(inner)) {
      blocks = blocks.divided();
    }
    return blocks;
  }

  private boolean isDivisible(int inner) {
    return Math.max(height, width) >= 2 * STEP && 0.5 * height * width * inner >= WORTH_A_THREAD;
  }

  /** Across the longer side. */
  private Blocks divided() {
    return height > width
        ? new Blocks(rows, cols, half(height), width)
        : new Blocks(rows, cols, height, half(width));
  }

  private static int half(int n) {
    return ceil(ceil(n, 2), STEP) * STEP;
  }

  private static int ceil(int a, int b) {
    return (a + b - 1) / b;
  }

  int count() {
    return ceil(rows, height) * ceil(cols, width);
  }

  /** The rows {@code [top, bottom)} and columns {@code [left, right)} of a result. */
  record Part(int top, int bottom, int left, int right) {}

  /** Parts that follow each other share their columns. */
  Part part(int n) {
    int down = ceil(rows, height);
    int top = n % down * height;
    int left = n / down * width;
    return new Part(top, Math.min(rows, top + height), left, Math.min(cols, left + width));
  }
}
