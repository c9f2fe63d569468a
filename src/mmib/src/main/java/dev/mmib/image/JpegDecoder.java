package dev.mmib.image;

import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * JPEG: the JDK's decoder for the raw samples, colours computed here as libjpeg and Pillow do.
 *
 * <p>The JDK sees tables, frame and scans only ({@link JpegMarkers}) and is asked for samples, not
 * for colours, so that no profile, no metadata and no colour conversion of its own comes into play.
 * CMYK is taken as inverted, which Pillow does too.
 */
final class JpegDecoder {

  private JpegDecoder() {}

  static RgbImage decode(ImageBytes in) {
    var markers = new JpegMarkers(in);
    Raster samples = samples(in, markers);
    int width = markers.width();
    int height = markers.height();
    int bands = markers.components();
    if (samples.getWidth() != width
        || samples.getHeight() != height
        || samples.getNumBands() != bands) {
      throw in.broken(-1, "the picture is not as large as its header says");
    }
    byte[] rgb = new byte[3 * width * height];
    byte[] row = new byte[width * bands];
    for (int y = 0; y < height; y++) {
      samples.getDataElements(0, y, width, 1, row);
      int to = 3 * y * width;
      switch (bands) {
        case 1 -> grey(row, rgb, to);
        case 3 -> {
          if (markers.isYcc()) {
            toRgb(row, 3);
          }
          System.arraycopy(row, 0, rgb, to, row.length);
        }
        default -> {
          // YCCK holds, as libjpeg converts it, the complement of what CMYK would hold
          if (markers.isYcc()) {
            toRgb(row, 4);
            complement(row);
          }
          inkToRgb(row, rgb, to);
        }
      }
    }
    return new RgbImage(width, height, rgb);
  }

  // The JDK's reader fails in many unchecked ways on damaged data; all of them mean just that.
  private static Raster samples(ImageBytes in, JpegMarkers markers) {
    ImageReader reader = null;
    try (var stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(markers.stripped()))) {
      reader = reader();
      reader.setInput(stream, true, true);
      return reader.readRaster(0, null);
    } catch (IOException | RuntimeException e) {
      throw in.broken(-1, "the JPEG data is damaged: " + e.getMessage()).causedBy(e);
    } finally {
      dispose(reader);
    }
  }

  private static void dispose(@Nullable ImageReader reader) {
    if (reader != null) {
      reader.dispose();
    }
  }

  /** The JDK's own reader, whatever other readers an application has registered. */
  private static ImageReader reader() throws IOException {
    Iterator<ImageReaderSpi> providers =
        IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, false);
    while (providers.hasNext()) {
      ImageReaderSpi provider = providers.next();
      if (provider.getClass().getName().equals("com.sun.imageio.plugins.jpeg.JPEGImageReaderSpi")) {
        return provider.createReaderInstance();
      }
    }
    throw new IOException("this Java has no JPEG reader (module java.desktop)");
  }

  private static void grey(byte[] row, byte[] rgb, int to) {
    for (int x = 0, at = to; x < row.length; x++, at += 3) {
      rgb[at] = row[x];
      rgb[at + 1] = row[x];
      rgb[at + 2] = row[x];
    }
  }

  /**
   * Luma and chroma to red, green, blue in place, in libjpeg's 16-bit fixed point.
   *
   * <pre>
   *   R = Y + 1.40200 Cr    G = Y − 0.34414 Cb − 0.71414 Cr    B = Y + 1.77200 Cb
   * </pre>
   */
  private static void toRgb(byte[] row, int step) {
    for (int at = 0; at < row.length; at += step) {
      int y = row[at] & 0xFF;
      int cb = (row[at + 1] & 0xFF) - 128;
      int cr = (row[at + 2] & 0xFF) - 128;
      row[at] = clip(y + (91881 * cr + 32768 >> 16));
      row[at + 1] = clip(y + (-22554 * cb - 46802 * cr + 32768 >> 16));
      row[at + 2] = clip(y + (116130 * cb + 32768 >> 16));
    }
  }

  private static void complement(byte[] row) {
    for (int at = 0; at < row.length; at += 4) {
      for (int c = 0; c < 3; c++) {
        row[at + c] = (byte) ~row[at + c];
      }
    }
  }

  /** Inverted inks to colours: colour = (255 − K) − C · (255 − K) / 255, rounded as Pillow does. */
  private static void inkToRgb(byte[] row, byte[] rgb, int to) {
    for (int from = 0, at = to; from < row.length; from += 4, at += 3) {
      int light = row[from + 3] & 0xFF;
      for (int c = 0; c < 3; c++) {
        int product = (255 - (row[from + c] & 0xFF)) * light + 128;
        rgb[at + c] = clip(light - ((product >> 8) + product >> 8));
      }
    }
  }

  private static byte clip(int value) {
    return (byte) Math.max(0, Math.min(255, value));
  }
}
