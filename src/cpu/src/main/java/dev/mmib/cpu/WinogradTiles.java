package dev.mmib.cpu;

import java.nio.FloatBuffer;

/**
 * One block of channels of some pictures, cut into tiles of 4 × 4 outputs, on its way into
 * Winograd's products and out of them; one thread's.
 *
 * <p>Places lie by their row and column within a tile, so that the neighbours of a place are the
 * same place of the other tiles, pictures and channels: [rows, columns, pictures, block].
 */
final class WinogradTiles {

  private static final int SIDE = WinogradLines.OUTPUTS;
  private static final int POINTS = WinogradLines.INPUTS;

  private final int height;
  private final int width;
  private final int pictures;
  private final int block;
  private final int down;
  private final int across;

  private final float[] plane;

  /** Rows of inputs by the column in a tile, with a tile more across; what is padding stays 0. */
  private final float[][][] inputs;

  /** A row of tiles, transformed down its columns. */
  private final float[][][] lines;

  private final float[][] shifted;
  private final float[][] window = new float[POINTS][];
  private final WinogradLines.Room room;
  private final float[][] products;
  private final float[][][] sums;
  private final float[][] outputs;
  private final float[][] planes;

  WinogradTiles(int height, int width, int pictures, int block) {
    this.height = height;
    this.width = width;
    this.pictures = pictures;
    this.block = block;
    this.down = tiles(height);
    this.across = tiles(width);
    this.plane = new float[height * width * block];
    this.inputs = new float[SIDE][down * SIDE + POINTS - SIDE][rowLength()];
    this.lines = new float[SIDE][POINTS][rowLength()];
    this.shifted = new float[POINTS - SIDE][rowLength()];
    this.room = new WinogradLines.Room(rowLength());
    this.products = new float[POINTS][length()];
    this.sums = new float[SIDE][POINTS][length()];
    this.outputs = new float[SIDE][length()];
    this.planes = new float[pictures][plane.length];
  }

  static int tiles(int extent) {
    return (extent + SIDE - 1) / SIDE;
  }

  private int rowLength() {
    return (across + 1) * pictures * block;
  }

  /** Numbers of one product: [rows of tiles, columns of tiles, pictures, block]. */
  private int length() {
    return down * across * pictures * block;
  }

  /**
   * Transforms inputs.
   *
   * @param from where a block of the first picture begins in {@code x}
   * @param step from there to the next picture
   * @param to where the first product begins in {@code v}
   * @param apart from there to the next product
   */
  void input(FloatBuffer x, int from, int step, FloatBuffer v, int to, int apart) {
    for (int p = 0; p < pictures; p++) {
      x.get(from + p * step, plane, 0, plane.length);
      for (int row = 0; row < height; row++) {
        for (int c = 0; c < SIDE; c++) {
          spread(row * width, inputs[c][row + 1], p * block, c);
        }
      }
    }
    int tile = pictures * block;
    int n = across * tile;
    for (int row = 0; row < down; row++) {
      for (int c = 0; c < SIDE; c++) {
        System.arraycopy(inputs[c], row * SIDE, window, 0, POINTS);
        WinogradLines.inputs(window, room, lines[c], rowLength());
      }
      for (int i = 0; i < POINTS; i++) {
        for (int c = 0; c < SIDE; c++) {
          window[c] = lines[c][i];
        }
        for (int c = 0; c < POINTS - SIDE; c++) { // the next tile's
          System.arraycopy(lines[c][i], tile, shifted[c], 0, n);
          window[SIDE + c] = shifted[c];
        }
        WinogradLines.inputs(window, room, products, n);
        for (int j = 0; j < POINTS; j++) {
          v.put(to + (i * POINTS + j) * apart + row * n, products[j], 0, n);
        }
      }
    }
  }

  /** Copies each fourth place of a row, beginning with that which padding shifts to {@code c}. */
  private void spread(int row, float[] to, int begin, int c) {
    int step = pictures * block;
    int at = c == 0 ? begin + step : begin; // the first of all is padding
    for (int column = (c + SIDE - 1) % SIDE; column < width; column += SIDE) {
      System.arraycopy(plane, (row + column) * block, to, at, block);
      at += step;
    }
  }

  /**
   * Transforms products back.
   *
   * @param from where the first product begins in {@code m}
   * @param apart from there to the next product
   * @param bias is added, per channel
   * @param relu whether what is negative becomes 0 then
   * @param to where the block of the first picture begins in {@code y}
   * @param step from there to the next picture
   */
  void output(
      FloatBuffer m,
      int from,
      int apart,
      float[] bias,
      boolean relu,
      FloatBuffer y,
      int to,
      int step) {
    for (int j = 0; j < POINTS; j++) {
      for (int i = 0; i < POINTS; i++) {
        m.get(from + (i * POINTS + j) * apart, products[i], 0, length());
      }
      var column = new float[SIDE][];
      for (int r = 0; r < SIDE; r++) {
        column[r] = sums[r][j];
      }
      WinogradLines.outputs(products, column, length());
    }
    for (int r = 0; r < SIDE; r++) {
      WinogradLines.outputs(sums[r], outputs, length());
      for (int c = 0; c < SIDE; c++) {
        place(outputs[c], r, c);
      }
    }
    for (int p = 0; p < pictures; p++) {
      finish(planes[p], bias, relu);
      y.put(to + p * step, planes[p], 0, plane.length);
    }
  }

  /** Puts a line of outputs where it belongs in the pictures. */
  private void place(float[] line, int r, int c) {
    for (int row = r; row < height; row += SIDE) {
      for (int column = c; column < width; column += SIDE) {
        int at = (row / SIDE * across + column / SIDE) * pictures * block;
        for (int p = 0; p < pictures; p++) {
          System.arraycopy(line, at + p * block, planes[p], (row * width + column) * block, block);
        }
      }
    }
  }

  private static void finish(float[] plane, float[] bias, boolean relu) {
    for (int at = 0; at < plane.length; at += bias.length) {
      int n = Math.min(bias.length, plane.length - at);
      if (relu) {
        for (int i = 0; i < n; i++) {
          plane[at + i] = Math.max(plane[at + i] + bias[i], 0f);
        }
      } else {
        for (int i = 0; i < n; i++) {
          plane[at + i] += bias[i];
        }
      }
    }
  }
}
