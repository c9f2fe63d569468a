package dev.mmib.image;

import java.util.Arrays;

/**
 * Weighted sums of lines of pixels, fixed-point, one array a channel.
 *
 * <p>A pixel is an {@code int}: red in its lowest byte, then green, then blue; the highest byte is
 * of no meaning. The loops use one index for all their arrays and branch nowhere: then the JIT
 * makes vector instructions of them.
 */
final class PixelSums {

  private static final int HALF = 1 << ResizeWeights.PRECISION - 1;

  private final int[] red;
  private final int[] green;
  private final int[] blue;

  PixelSums(int length) {
    this.red = new int[length];
    this.green = new int[length];
    this.blue = new int[length];
  }

  /** The red ones; levels from 0 to 255 after {@link #round}. */
  int[] red() {
    return red;
  }

  int[] green() {
    return green;
  }

  int[] blue() {
    return blue;
  }

  /** Starts anew, at the half by which sums are rounded. */
  void start() {
    Arrays.fill(red, HALF);
    Arrays.fill(green, HALF);
    Arrays.fill(blue, HALF);
  }

  /** Adds a weighted line, as many pixels as it has. */
  void add(int[] line, int weight) {
    add(line, weight, red, green, blue);
  }

  private static void add(int[] line, int weight, int[] red, int[] green, int[] blue) {
    for (int i = 0; i < line.length; i++) {
      int pixel = line[i];
      red[i] += (pixel & 255) * weight;
      green[i] += (pixel >> 8 & 255) * weight;
      blue[i] += (pixel >> 16 & 255) * weight;
    }
  }

  /** Sums become levels. */
  void round() {
    round(red);
    round(green);
    round(blue);
  }

  private static void round(int[] sums) {
    for (int i = 0; i < sums.length; i++) {
      int level = sums[i] >> ResizeWeights.PRECISION;
      // what is below 0 has all its sign bits set, and what is above 255 has those of 255 − level
      sums[i] = (level | 255 - level >> 31) & ~(level >> 31) & 255;
    }
  }

  /** Levels as a line of pixels. */
  void pack(int[] line) {
    pack(red, green, blue, line);
  }

  private static void pack(int[] red, int[] green, int[] blue, int[] line) {
    for (int i = 0; i < line.length; i++) {
      line[i] = red[i] | green[i] << 8 | blue[i] << 16;
    }
  }
}
