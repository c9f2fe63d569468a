package dev.mmib.image;

/**
 * A decoded picture: 8-bit red, green, blue, row by row from the top.
 *
 * <p>The array is not copied: whoever makes an image hands it over.
 *
 * @param rgb 3 · width · height bytes
 */
public record RgbImage(int width, int height, byte[] rgb) {

  public RgbImage {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("RgbImage: empty, " + width + " × " + height);
    }
    if (rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "RgbImage: wrong number of bytes, "
              + rgb.length
              + " vs "
              + 3L * width * height
              + " expected for "
              + width
              + " × "
              + height);
    }
  }

  /** One colour (0 red, 1 green, 2 blue) of one pixel, 0 to 255. */
  public int at(int x, int y, int channel) {
    return rgb[(y * width + x) * 3 + channel] & 0xFF;
  }
}
