package dev.mmib.image;

import java.util.Arrays;

/**
 * Rows of a picture resampled across, as lines of pixels, rounded to 8 bits.
 *
 * <p>They are made in bands. Two bands are kept, so that memory does not grow with the height of a
 * picture; whoever goes up the rows, at most a band of them at a time, has each band made once.
 */
final class NarrowRows {

  /** Long enough for vector loops, short enough that bands of usual pictures stay in the caches. */
  private static final int TALLEST = 704;

  private static final int TOGETHER = 4;

  private final ResizeWeights across;
  private final int first;
  private final int band;
  private final PixelColumns columns;
  private final PixelSums sums;
  private final int[][][] rows;
  private final int[] held;
  private final int[][] packed;

  /** The rows from {@code first} to {@code end}. */
  NarrowRows(RgbImage image, ResizeWeights across, int first, int end) {
    this.across = across;
    this.first = first;
    this.band = Math.min(TALLEST, end - first);
    this.columns = new PixelColumns(image, across.first(), band, across.most());
    this.sums = new PixelSums(band);
    int bands = end - first > band ? 2 : 1;
    this.rows = new int[bands][band][across.count()];
    this.held = new int[bands];
    Arrays.fill(held, -1);
    this.packed = new int[TOGETHER][band];
  }

  /** A row of the picture. */
  int[] at(int y) {
    int wanted = (y - first) / band;
    int slot = wanted % held.length;
    if (held[slot] != wanted) {
      make(first + wanted * band, rows[slot]);
      held[slot] = wanted;
    }
    return rows[slot][(y - first) % band];
  }

  private void make(int top, int[][] out) {
    columns.moveTo(top);
    int count = across.count();
    int fours = count - count % TOGETHER;
    for (int x = 0; x < count; x++) {
      int[] column = packed[x % TOGETHER];
      mix(x, column);
      if (x >= fours) {
        spread(column, out, x);
      } else if (x % TOGETHER == TOGETHER - 1) {
        spreadFour(packed, out, x - x % TOGETHER);
      }
    }
  }

  private void mix(int x, int[] column) {
    sums.start();
    int from = across.from(x);
    int[] weights = across.of(x);
    for (int j = 0; j < weights.length; j++) {
      sums.add(columns.at(from + j), weights[j]);
    }
    sums.round();
    sums.pack(column);
  }

  private static void spreadFour(int[][] packed, int[][] out, int x) {
    int[] a = packed[0];
    int[] b = packed[1];
    int[] c = packed[2];
    int[] d = packed[3];
    for (int y = 0; y < out.length; y++) {
      int[] row = out[y];
      row[x] = a[y];
      row[x + 1] = b[y];
      row[x + 2] = c[y];
      row[x + 3] = d[y];
    }
  }

  private static void spread(int[] column, int[][] out, int x) {
    for (int y = 0; y < out.length; y++) {
      out[y][x] = column[y];
    }
  }
}
