package dev.mmib.image;

import java.util.List;

/** The square that a preprocessor cuts out, as pixels: its values before normalization. */
final class Crops {

  private Crops() {}

  static RgbImage of(ImagePreprocessor preprocessor, RgbImage image) {
    var plain =
        new PixelRule(preprocessor.rule().kernel(), List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));
    int side = preprocessor.crop();
    float[] values = new ImagePreprocessor(preprocessor.resize(), side, plain).apply(image);
    byte[] rgb = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      rgb[3 * (i % (side * side)) + i / (side * side)] = (byte) Math.round(255 * values[i]);
    }
    return new RgbImage(side, side, rgb);
  }
}
