package dev.mmib.image;

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
    RgbImage square = crop(image);
    int pixels = crop * crop;
    float[] out = new float[3 * pixels];
    for (int c = 0; c < 3; c++) {
      float mean = rule.mean(c);
      float deviation = rule.deviation(c);
      for (int i = 0; i < pixels; i++) {
        float value = (square.rgb()[3 * i + c] & 0xFF) / 255f;
        out[c * pixels + i] = (value - mean) / deviation;
      }
    }
    return out;
  }

  /** What stands for a missing picture: zeros after normalization, which is a plain mean grey. */
  public float[] missing() {
    return new float[3 * crop * crop];
  }

  /** The square before normalization; only its window is resampled. */
  RgbImage crop(RgbImage image) {
    long width = resizedWidth(image);
    long height = resizedHeight(image);
    int columns = (int) Math.min(crop, width);
    int rows = (int) Math.min(crop, height);
    RgbImage window =
        Resampling.window(
            image,
            rule.kernel(),
            width,
            height,
            offset(width - columns),
            offset(height - rows),
            columns,
            rows);
    return columns == crop && rows == crop ? window : padded(window);
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

  private RgbImage padded(RgbImage window) {
    byte[] rgb = new byte[3 * crop * crop];
    int left = (crop - window.width()) / 2;
    int top = (crop - window.height()) / 2;
    for (int y = 0; y < window.height(); y++) {
      System.arraycopy(
          window.rgb(),
          3 * y * window.width(),
          rgb,
          3 * ((top + y) * crop + left),
          3 * window.width());
    }
    return new RgbImage(crop, crop, rgb);
  }
}
