package dev.mmib.backend.host;

import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Some output pixels of a convolution, and the input patches under them.
 *
 * <p>Either some rows of one image, or all of several images where those are small: there are
 * always enough pixels for long vector loops. Pixels are ordered by image, row, column. A patch
 * matrix has a row per (channel, kernel row, kernel column) and a column per pixel.
 */
final class ConvolutionTile {

  /** About how many pixels a tile has. */
  private static final int PIXELS = 256;

  private final Conv2d conv;
  private final int image;
  private final int images;
  private final int row;
  private final int rows;
  private final int outWidth;
  private final int fromRow; // input rows under this tile
  private final int toRow;

  private ConvolutionTile(Conv2d conv, int image, int images, int row, int rows) {
    this.conv = conv;
    this.image = image;
    this.images = images;
    this.row = row;
    this.rows = rows;
    this.outWidth = conv.outWidth();
    int top = row * conv.strideHeight() - conv.padHeight();
    int bottom =
        top
            + (rows - 1) * conv.strideHeight()
            + (conv.kernelHeight() - 1) * conv.dilationHeight()
            + 1;
    this.fromRow = Math.max(0, Math.min(conv.height(), top));
    this.toRow = Math.max(fromRow, Math.min(conv.height(), bottom));
  }

  private static int rowsPerTile(Conv2d conv) {
    return Math.min(conv.outHeight(), Math.max(1, PIXELS / conv.outWidth()));
  }

  /** How many tiles cover an image, or a group of images that share a tile. */
  static int perImage(Conv2d conv) {
    int rows = rowsPerTile(conv);
    return (conv.outHeight() + rows - 1) / rows;
  }

  /** Every tile, those of the same images side by side. */
  static List<ConvolutionTile> allOf(Conv2d conv) {
    int rows = rowsPerTile(conv);
    int images =
        rows < conv.outHeight()
            ? 1
            : Math.min(conv.batch(), Math.max(1, PIXELS / (rows * conv.outWidth())));
    var tiles = new ArrayList<ConvolutionTile>();
    for (int b = 0; b < conv.batch(); b += images) {
      for (int i = 0; i < conv.outHeight(); i += rows) {
        int height = Math.min(rows, conv.outHeight() - i);
        tiles.add(new ConvolutionTile(conv, b, Math.min(images, conv.batch() - b), i, height));
      }
    }
    return tiles;
  }

  int images() {
    return images;
  }

  int pixels() {
    return images * rows * outWidth;
  }

  /**
   * The patches of {@code channels} channels from {@code first}. What lies in the padding is left
   * alone, at the same places for all channels: a new matrix has zeros there, and keeps them.
   */
  void unfold(FloatBuffer x, int first, int channels, float[][] patches) {
    int taps = conv.kernelHeight() * conv.kernelWidth();
    var band = new float[(toRow - fromRow) * conv.width()];
    for (int c = 0; c < channels; c++) {
      for (int n = 0; n < images; n++) {
        int plane = (image + n) * conv.inChannels() + first + c;
        x.get((plane * conv.height() + fromRow) * conv.width(), band, 0, band.length);
        for (int tap = 0; tap < taps; tap++) {
          unfoldTap(band, tap, patches[c * taps + tap], n * rows * outWidth);
        }
      }
    }
  }

  private void unfoldTap(float[] band, int tap, float[] patches, int at) {
    int shift = shift(tap);
    int stride = conv.strideWidth();
    int from = firstInside(shift);
    int to = endInside(shift);
    for (int i = 0; i < rows; i++, at += outWidth) {
      int source = inputRow(i, tap);
      if (source < 0 || from >= to) {
        continue;
      }
      int start = (source - fromRow) * conv.width() + shift;
      if (stride == 1) {
        System.arraycopy(band, start + from, patches, at + from, to - from);
      } else {
        for (int j = from; j < to; j++) {
          patches[at + j] = band[start + j * stride];
        }
      }
    }
  }

  /** Adds patches to the planes [images · channels][height · width] they were taken from. */
  void fold(float[][] patches, int channels, float[][] planes) {
    int taps = conv.kernelHeight() * conv.kernelWidth();
    for (int c = 0; c < channels; c++) {
      for (int n = 0; n < images; n++) {
        for (int tap = 0; tap < taps; tap++) {
          foldTap(patches[c * taps + tap], n * rows * outWidth, tap, planes[n * channels + c]);
        }
      }
    }
  }

  private void foldTap(float[] patches, int at, int tap, float[] plane) {
    int shift = shift(tap);
    int stride = conv.strideWidth();
    int from = firstInside(shift);
    int to = endInside(shift);
    for (int i = 0; i < rows; i++, at += outWidth) {
      int target = inputRow(i, tap);
      if (target < 0) {
        continue;
      }
      int start = target * conv.width() + shift;
      for (int j = from; j < to; j++) {
        plane[start + j * stride] += patches[at + j];
      }
    }
  }

  /** The input row under output row {@code i} of this tile, or −1 in the padding. */
  private int inputRow(int i, int tap) {
    int r =
        (row + i) * conv.strideHeight()
            - conv.padHeight()
            + tap / conv.kernelWidth() * conv.dilationHeight();
    return r < 0 || r >= conv.height() ? -1 : r;
  }

  /** The input column under output column 0. */
  private int shift(int tap) {
    return tap % conv.kernelWidth() * conv.dilationWidth() - conv.padWidth();
  }

  private int firstInside(int shift) {
    return shift >= 0 ? 0 : Math.min(outWidth, ceilDiv(-shift, conv.strideWidth()));
  }

  private int endInside(int shift) {
    int inside = conv.width() - shift;
    return inside <= 0 ? 0 : Math.min(outWidth, ceilDiv(inside, conv.strideWidth()));
  }

  private static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
  }

  /** Writes whole planes of {@code channels} input channels from {@code first}. */
  void writePlanes(float[][] planes, int first, int channels, FloatBuffer dx) {
    int size = conv.height() * conv.width();
    for (int n = 0; n < images; n++) {
      for (int c = 0; c < channels; c++) {
        int plane = (image + n) * conv.inChannels() + first + c;
        dx.put(plane * size, planes[n * channels + c], 0, size);
      }
    }
  }

  /** Reads this tile's pixels of {@code count} output channels from {@code first}. */
  void readOutput(FloatBuffer y, int first, int count, float[][] to) {
    int pixels = rows * outWidth;
    for (int o = 0; o < count; o++) {
      for (int n = 0; n < images; n++) {
        y.get(outputAt(n, first + o), to[o], n * pixels, pixels);
      }
    }
  }

  /** Writes this tile's pixels of {@code count} output channels from {@code first}. */
  void writeOutput(float[][] from, int first, int count, FloatBuffer y) {
    int pixels = rows * outWidth;
    for (int o = 0; o < count; o++) {
      for (int n = 0; n < images; n++) {
        y.put(outputAt(n, first + o), from[o], n * pixels, pixels);
      }
    }
  }

  private int outputAt(int n, int channel) {
    int plane = (image + n) * conv.outChannels() + channel;
    return (plane * conv.outHeight() + row) * outWidth;
  }
}
