package dev.mmib.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Columns of a band of rows, as lines of pixels: what is done to one row is then done to all of the
 * band by the same vector instructions.
 *
 * <p>Columns are read four at a time and kept as long as there is room, so that memory does not
 * grow with the width of a picture.
 */
final class PixelColumns {

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int TOGETHER = 4;
  private static final int MOST_GROUPS = 64;

  private final RgbImage image;
  private final int first;
  private final int[][] columns;
  private final int[] held;
  private int top;

  /**
   * The columns from {@code first} on.
   *
   * @param rows of a band
   * @param most so many neighbouring columns are wanted together
   */
  PixelColumns(RgbImage image, int first, int rows, int most) {
    this.image = image;
    this.first = first;
    int groups = Math.min(MOST_GROUPS, most / TOGETHER + 2);
    this.columns = new int[TOGETHER * groups][rows];
    this.held = new int[groups];
  }

  /** Goes to the band that starts at a row. */
  void moveTo(int row) {
    top = row;
    Arrays.fill(held, -1);
  }

  /** A column of the band; rows beyond the picture's last are of no meaning. */
  int[] at(int x) {
    int group = (x - first) / TOGETHER;
    int slot = group % held.length;
    if (held[slot] != group) {
      read(first + group * TOGETHER, slot * TOGETHER);
      held[slot] = group;
    }
    return columns[slot * TOGETHER + (x - first) % TOGETHER];
  }

  private void read(int x, int to) {
    int pitch = 3 * image.width();
    int at = top * pitch + 3 * x;
    int rows = Math.min(columns[to].length, image.height() - top);
    // of each pixel four bytes are read, the last of which has to lie in the same row
    if (x + TOGETHER < image.width()) {
      readFour(image.rgb(), at, pitch, rows, columns, to);
      return;
    }
    for (int i = 0; x + i < image.width() && i < TOGETHER; i++) {
      readOne(image.rgb(), at + 3 * i, pitch, rows, columns[to + i]);
    }
  }

  private static void readFour(
      byte[] rgb, int start, int pitch, int rows, int[][] columns, int to) {
    int[] a = columns[to];
    int[] b = columns[to + 1];
    int[] c = columns[to + 2];
    int[] d = columns[to + 3];
    for (int y = 0, at = start; y < rows; y++, at += pitch) {
      a[y] = (int) INT.get(rgb, at);
      b[y] = (int) INT.get(rgb, at + 3);
      c[y] = (int) INT.get(rgb, at + 6);
      d[y] = (int) INT.get(rgb, at + 9);
    }
  }

  private static void readOne(byte[] rgb, int start, int pitch, int rows, int[] column) {
    for (int y = 0, at = start; y < rows; y++, at += pitch) {
      column[y] = rgb[at] & 255 | (rgb[at + 1] & 255) << 8 | (rgb[at + 2] & 255) << 16;
    }
  }
}
