package dev.mmib.image;

import org.jspecify.annotations.Nullable;

/**
 * Samples of one PNG colour type, unpacked to red, green, blue as Pillow does.
 *
 * <p>Alpha is dropped. 16-bit grey is clipped at 255 (Pillow reads it as 32-bit integers and clips
 * those), all other 16-bit samples keep their high byte.
 */
record PngPixels(ImageBytes in, int depth, int colorType, byte @Nullable [] palette) {

  /** Unpacks a row (its byte 0 is the filter) to every {@code step}-th byte from {@code out}. */
  void unpack(byte[] row, int columns, byte[] rgb, int out, int step) {
    switch (colorType) {
      case 0 -> unpackGrey(row, columns, rgb, out, step);
      case 3 -> unpackPalette(row, columns, rgb, out, step);
      case 4 -> {
        int bytes = depth / 4;
        for (int x = 0; x < columns; x++) {
          grey(rgb, out + x * step, row[1 + x * bytes]);
        }
      }
      default -> {
        int sample = depth / 8;
        int bytes = (colorType == 2 ? 3 : 4) * sample;
        for (int x = 0; x < columns; x++) {
          for (int c = 0; c < 3; c++) {
            rgb[out + x * step + c] = row[1 + x * bytes + c * sample];
          }
        }
      }
    }
  }

  private void unpackGrey(byte[] row, int columns, byte[] rgb, int out, int step) {
    int scale = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
    for (int x = 0; x < columns; x++) {
      int value =
          depth == 16 ? row[1 + 2 * x] != 0 ? 255 : row[2 + 2 * x] & 0xFF : packed(row, x) * scale;
      grey(rgb, out + x * step, (byte) value);
    }
  }

  private void unpackPalette(byte[] row, int columns, byte[] rgb, int out, int step) {
    byte[] colors = palette == null ? new byte[0] : palette;
    for (int x = 0; x < columns; x++) {
      int index = packed(row, x);
      if (3 * index >= colors.length) {
        throw in.broken(
            -1, "a pixel has colour " + index + " of a palette of " + colors.length / 3);
      }
      System.arraycopy(colors, 3 * index, rgb, out + x * step, 3);
    }
  }

  private int packed(byte[] row, int x) {
    int bit = x * depth;
    return row[1 + (bit >> 3)] >> 8 - depth - (bit & 7) & (1 << depth) - 1;
  }

  private static void grey(byte[] rgb, int at, byte value) {
    rgb[at] = value;
    rgb[at + 1] = value;
    rgb[at + 2] = value;
  }
}
