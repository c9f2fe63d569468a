package dev.mmib.image;

/**
 * Antialiased resampling, equal to Pillow's to the last bit.
 *
 * <p>Two passes, horizontal then vertical, each rounded to 8 bits; when shrinking, the kernel of
 * the filter is widened by the scale. Weights are fixed-point with 22 bits.
 *
 * <pre>
 *   out[i] = clip8( ½ + Σ_j w_ij · in[j] ),   w_ij ∝ kernel((j + ½ − (i + ½)·s) / max(s, 1)),   s = in / out
 * </pre>
 */
public final class Resampling {

  private static final int PRECISION = 22;

  /**
   * The weights of consecutive output positions.
   *
   * @param from the first input position of each
   * @param weights fixed-point; their number is the number of input positions
   */
  private record Filter(int[] from, int[][] weights) {

    int last() {
      int i = from.length - 1;
      return from[i] + weights[i].length;
    }
  }

  private Resampling() {}

  /** The image at another size. */
  public static RgbImage bilinear(RgbImage image, int width, int height) {
    return resize(image, ResizeKernel.BILINEAR, width, height);
  }

  /** The image at another size, by a kernel. */
  public static RgbImage resize(RgbImage image, ResizeKernel kernel, int width, int height) {
    return window(image, kernel, width, height, 0, 0, width, height);
  }

  /**
   * A window of the image at another size; only that much is computed, so even a thin strip that
   * would become gigantic is cheap to crop.
   */
  static RgbImage window(
      RgbImage image,
      ResizeKernel kernel,
      long width,
      long height,
      long left,
      long top,
      int columns,
      int rows) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("resize: empty size, " + width + " × " + height);
    }
    Filter across = filter(kernel, image.width(), width, left, columns);
    Filter down = filter(kernel, image.height(), height, top, rows);
    int firstRow = down.from[0];
    byte[] narrow = new byte[3 * columns * (down.last() - firstRow)];
    for (int y = firstRow; y < down.last(); y++) {
      resampleRow(image.rgb(), 3 * y * image.width(), across, narrow, 3 * (y - firstRow) * columns);
    }
    byte[] out = new byte[3 * columns * rows];
    for (int y = 0; y < rows; y++) {
      mixRows(narrow, down.from[y] - firstRow, down.weights[y], out, y, 3 * columns);
    }
    return new RgbImage(columns, rows, out);
  }

  private static Filter filter(ResizeKernel kernel, int in, long out, long first, int count) {
    double scale = (double) in / out;
    double widening = Math.max(scale, 1);
    double support = kernel.support() * widening;
    int[] from = new int[count];
    int[][] weights = new int[count][];
    for (int i = 0; i < count; i++) {
      double center = (first + i + 0.5) * scale;
      int low = Math.max(0, (int) (center - support + 0.5));
      int high = Math.min(in, (int) (center + support + 0.5));
      double[] exact = new double[high - low];
      double sum = 0;
      for (int j = 0; j < exact.length; j++) {
        // the reference multiplies by the reciprocal; dividing would round differently
        exact[j] = kernel.at((j + low - center + 0.5) * (1 / widening));
        sum += exact[j];
      }
      from[i] = low;
      weights[i] = new int[exact.length];
      for (int j = 0; j < exact.length; j++) {
        double weight = sum == 0 ? exact[j] : exact[j] / sum;
        weights[i][j] = (int) ((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION));
      }
    }
    return new Filter(from, weights);
  }

  private static void resampleRow(byte[] in, int row, Filter filter, byte[] out, int to) {
    for (int x = 0; x < filter.from.length; x++) {
      int red = 1 << PRECISION - 1;
      int green = red;
      int blue = red;
      int at = row + 3 * filter.from[x];
      for (int weight : filter.weights[x]) {
        red += (in[at] & 0xFF) * weight;
        green += (in[at + 1] & 0xFF) * weight;
        blue += (in[at + 2] & 0xFF) * weight;
        at += 3;
      }
      out[to + 3 * x] = clip(red);
      out[to + 3 * x + 1] = clip(green);
      out[to + 3 * x + 2] = clip(blue);
    }
  }

  private static void mixRows(
      byte[] in, int firstRow, int[] weights, byte[] out, int row, int rowBytes) {
    int[] sums = new int[rowBytes];
    java.util.Arrays.fill(sums, 1 << PRECISION - 1);
    for (int j = 0; j < weights.length; j++) {
      int from = (firstRow + j) * rowBytes;
      for (int i = 0; i < rowBytes; i++) {
        sums[i] += (in[from + i] & 0xFF) * weights[j];
      }
    }
    for (int i = 0; i < rowBytes; i++) {
      out[row * rowBytes + i] = clip(sums[i]);
    }
  }

  private static byte clip(int sum) {
    return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
  }
}
