package dev.mmib.image;

import java.util.Arrays;

/**
 * Resize, centre crop and normalization, as torchvision does them.
 *
 * <p>The short side becomes {@code resize}, the long one in proportion (rounded down); the centre
 * {@code crop} × {@code crop} is cut out, half pixels rounded to the even one, black where the
 * picture is smaller; channels are scaled to [0, 1] and normalized.
 *
 * <pre>
 *   y = (x / 255 − mean) / deviation
 * </pre>
 *
 * @param resize the short side after resizing
 * @param crop the side of the square that is kept
 * @param rule the kernel of resizing, mean and deviation
 */
public record ImagePreprocessor(int resize, int crop, PixelRule rule) {

  public ImagePreprocessor {
    if (resize < 1 || crop < 1 || resize > 8192 || crop > 8192) {
      throw new IllegalArgumentException(
          "ImagePreprocessor: sizes out of range, " + resize + " and " + crop + " vs 1 to 8192");
    }
  }

  /** One with ImageNet's mean and deviation. */
  public ImagePreprocessor(int resize, int crop) {
    this(resize, crop, PixelRule.IMAGENET);
  }

  /** What ImageNet models are given: 256, then 224. */
  public static ImagePreprocessor standard() {
    return new ImagePreprocessor(256, 224);
  }

  /** Normalized values, [3, crop, crop]. */
  public float[] apply(RgbImage image) {
    long width = resizedWidth(image);
    long height = resizedHeight(image);
    int columns = (int) Math.min(crop, width);
    int rows = (int) Math.min(crop, height);
    float[][] values = rule.values();
    float[] out = new float[3 * crop * crop];
    // where the window is smaller than the square, it lies in the middle of black
    if (columns < crop || rows < crop) {
      for (int c = 0; c < 3; c++) {
        Arrays.fill(out, c * crop * crop, (c + 1) * crop * crop, values[c][0]);
      }
    }
    int to = (crop - rows) / 2 * crop + (crop - columns) / 2;
    Resampling.read(
        image,
        weights(image.width(), width, columns),
        weights(image.height(), height, rows),
        (y, red, green, blue) -> {
          int row = to + y * crop;
          write(red, values[0], out, row, columns);
          write(green, values[1], out, crop * crop + row, columns);
          write(blue, values[2], out, 2 * crop * crop + row, columns);
        });
    return out;
  }

  private ResizeWeights weights(int in, long out, int count) {
    return ResizeWeights.of(rule.kernel(), in, out, offset(out - count), count);
  }

  private static void write(int[] levels, float[] values, float[] out, int to, int columns) {
    for (int x = 0; x < columns; x++) {
      out[to + x] = values[levels[x]];
    }
  }

  /** What stands for a missing picture: zeros after normalization, which is a plain mean grey. */
  public float[] missing() {
    return new float[3 * crop * crop];
  }

  long resizedWidth(RgbImage image) {
    return image.width() <= image.height() ? resize : inProportion(image.width(), image.height());
  }

  long resizedHeight(RgbImage image) {
    return image.width() <= image.height() ? inProportion(image.height(), image.width()) : resize;
  }

  private long inProportion(int longSide, int shortSide) {
    return (long) resize * longSide / shortSide;
  }

  /** Half of the excess, rounded to the even integer when in the middle. */
  private static long offset(long excess) {
    return (long) Math.rint(excess / 2.0);
  }
}
