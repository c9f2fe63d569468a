package dev.mmib.image;

/**
 * Antialiased resampling, equal to Pillow's to the last bit.
 *
 * <p>Two passes, horizontal then vertical, each rounded to 8 bits; when shrinking, the kernel of
 * the filter is widened by the scale.
 *
 * <pre>
 *   out[i] = clip8( ½ + Σ_j w_ij · in[j] )
 * </pre>
 */
public final class Resampling {

  /** Takes the rows of a window, from the top; levels from 0 to 255. */
  interface RowReader {
    void row(int y, int[] red, int[] green, int[] blue);
  }

  private Resampling() {}

  /** The image at another size. */
  public static RgbImage bilinear(RgbImage image, int width, int height) {
    return resize(image, ResizeKernel.BILINEAR, width, height);
  }

  /** The image at another size, by a kernel. */
  public static RgbImage resize(RgbImage image, ResizeKernel kernel, int width, int height) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("resize: empty size, " + width + " × " + height);
    }
    byte[] out = new byte[3 * width * height];
    read(
        image,
        ResizeWeights.of(kernel, image.width(), width, 0, width),
        ResizeWeights.of(kernel, image.height(), height, 0, height),
        (y, red, green, blue) -> {
          for (int x = 0, at = 3 * y * width; x < width; x++, at += 3) {
            out[at] = (byte) red[x];
            out[at + 1] = (byte) green[x];
            out[at + 2] = (byte) blue[x];
          }
        });
    return new RgbImage(width, height, out);
  }

  /**
   * Reads a window of the image at another size; only that much is computed, so even a thin strip
   * that would become gigantic is cheap to crop.
   */
  static void read(RgbImage image, ResizeWeights across, ResizeWeights down, RowReader reader) {
    var rows = new NarrowRows(image, across, down.first(), down.end());
    var sums = new PixelSums(across.count());
    for (int y = 0; y < down.count(); y++) {
      sums.start();
      int from = down.from(y);
      int[] weights = down.of(y);
      for (int j = 0; j < weights.length; j++) {
        sums.add(rows.at(from + j), weights[j]);
      }
      sums.round();
      reader.row(y, sums.red(), sums.green(), sums.blue());
    }
  }
}
