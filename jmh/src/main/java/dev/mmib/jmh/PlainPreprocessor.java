package dev.mmib.jmh;

import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;

/**
 * What most Java programs do to a picture: Graphics2D's bilinear scaling, which looks at four
 * pixels for each that it makes, straight into the middle 224²; then ImageNet's normalization.
 */
final class PlainPreprocessor {

  private static final int RESIZE = 256;
  private static final int CROP = 224;
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f};

  float[] apply(BufferedImage image) {
    int least = Math.min(image.getWidth(), image.getHeight());
    int width = RESIZE * image.getWidth() / least;
    int height = RESIZE * image.getHeight() / least;
    // The layout of ImageIO's JPEGs: others are converted pixel by pixel.
    var square = new BufferedImage(CROP, CROP, BufferedImage.TYPE_3BYTE_BGR);
    var canvas = square.createGraphics();
    canvas.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    canvas.drawImage(image, (CROP - width) / 2, (CROP - height) / 2, width, height, null);
    canvas.dispose();
    byte[] bgr = ((DataBufferByte) square.getRaster().getDataBuffer()).getData();
    int pixels = CROP * CROP;
    var out = new float[3 * pixels];
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < pixels; i++) {
        out[c * pixels + i] = ((bgr[3 * i + 2 - c] & 0xFF) / 255f - MEAN[c]) / DEVIATION[c];
      }
    }
    return out;
  }
}
