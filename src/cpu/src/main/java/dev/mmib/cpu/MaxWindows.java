package dev.mmib.cpu;

import dev.mmib.backend.kernel.PoolingKernels.Pool2d;

/** The largest of each window over one block of channels of one picture; one thread's. */
final class MaxWindows {

  /** Input, [places, block]. */
  final float[] plane;

  /** Output, [places, block]. */
  final float[] largest;

  /** The place in the input of each output, [block, places]. */
  final int[] where;

  private final Pool2d pool;
  private final int block;

  /** The largest of each column over a window's rows. */
  private final float[] columns;

  /** The largest of the windows that begin at each column. */
  private final float[] windows;

  MaxWindows(Pool2d pool, int block) {
    this.pool = pool;
    this.block = block;
    int outputs = pool.outHeight() * pool.outWidth() * block;
    this.plane = new float[pool.height() * pool.width() * block];
    this.largest = new float[outputs];
    this.where = new int[outputs];
    this.columns = new float[pool.width() * block];
    this.windows = new float[columns.length];
  }

  /**
   * Fills the output.
   *
   * @param places whether {@link #where} as well
   */
  void run(boolean places) {
    for (int i = 0; i < pool.outHeight(); i++) {
      int top = i * pool.strideHeight() - pool.padHeight();
      int first = Math.max(0, top);
      int end = Math.min(pool.height(), top + pool.kernelHeight());
      System.arraycopy(plane, first * columns.length, columns, 0, columns.length);
      for (int r = first + 1; r < end; r++) {
        larger(columns, plane, r * columns.length, columns.length);
      }
      row(i);
      if (places) {
        find(i, first);
      }
    }
  }

  private static void larger(float[] a, float[] b, int at, int n) {
    for (int k = 0; k < n; k++) {
      a[k] = Math.max(a[k], b[at + k]);
    }
  }

  private void row(int i) {
    System.arraycopy(columns, 0, windows, 0, columns.length);
    for (int q = 1; q < Math.min(pool.kernelWidth(), pool.width()); q++) {
      larger(windows, columns, q * block, columns.length - q * block);
    }
    for (int j = 0; j < pool.outWidth(); j++) {
      int left = j * pool.strideWidth() - pool.padWidth();
      int to = (i * pool.outWidth() + j) * block;
      if (left >= 0) { // beyond the right border nothing was added
        System.arraycopy(windows, left * block, largest, to, block);
      } else {
        int end = Math.min(pool.width(), left + pool.kernelWidth());
        System.arraycopy(columns, 0, largest, to, block);
        for (int c = 1; c < end; c++) {
          for (int lane = 0; lane < block; lane++) {
            largest[to + lane] = Math.max(largest[to + lane], columns[c * block + lane]);
          }
        }
      }
    }
  }

  /** The first place of each window of a row, row by row, that holds the largest; one does. */
  private void find(int i, int firstRow) {
    int places = pool.outHeight() * pool.outWidth();
    for (int j = 0; j < pool.outWidth(); j++) {
      int left = j * pool.strideWidth() - pool.padWidth();
      int firstCol = Math.max(0, left);
      int endCol = Math.min(pool.width(), left + pool.kernelWidth());
      int place = i * pool.outWidth() + j;
      for (int lane = 0; lane < block; lane++) {
        float best = largest[place * block + lane];
        where[lane * places + place] = find(best, lane, firstRow, firstCol, endCol);
      }
    }
  }

  private int find(float best, int lane, int firstRow, int firstCol, int endCol) {
    for (int r = firstRow; ; r++) {
      for (int c = firstCol; c < endCol; c++) {
        float v = plane[(r * pool.width() + c) * block + lane];
        if (v == best || (Float.isNaN(v) && Float.isNaN(best))) {
          return r * pool.width() + c;
        }
      }
    }
  }
}
