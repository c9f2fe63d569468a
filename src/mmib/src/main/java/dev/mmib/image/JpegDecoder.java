package dev.mmib.image;

import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.stream.IntStream;
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

  private static final int[] RED_OF_CR = new int[256];
  private static final int[] GREEN_OF_CB = new int[256];
  private static final int[] GREEN_OF_CR = new int[256];
  private static final int[] BLUE_OF_CB = new int[256];

  static {
    for (int level = 0; level < 256; level++) {
      int chroma = level - 128;
      RED_OF_CR[level] = 91881 * chroma + 32768 >> 16;
      GREEN_OF_CB[level] = -22554 * chroma;
      GREEN_OF_CR[level] = -46802 * chroma + 32768;
      BLUE_OF_CB[level] = 116130 * chroma + 32768 >> 16;
    }
  }

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
    byte[] all = bytes(samples);
    return new RgbImage(
        width,
        height,
        switch (bands) {
          case 1 -> grey(all);
          case 3 -> {
            if (markers.isYcc()) {
              toRgb(all, 3);
            }
            yield all;
          }
          default -> {
            // YCCK holds, as libjpeg converts it, the complement of what CMYK would hold
            if (markers.isYcc()) {
              toRgb(all, 4);
              complement(all);
            }
            yield inkToRgb(all);
          }
        });
  }

  /** All samples, pixel by pixel: the raster's own array if it lies so, else a copy. */
  static byte[] bytes(Raster samples) {
    int size = samples.getWidth() * samples.getHeight() * samples.getNumBands();
    if (samples.getDataBuffer() instanceof DataBufferByte buffer
        && buffer.getNumBanks() == 1
        && buffer.getData().length == size
        && samples.getSampleModel() instanceof PixelInterleavedSampleModel model
        && model.getPixelStride() == model.getNumBands()
        && Arrays.equals(
            model.getBandOffsets(), IntStream.range(0, model.getNumBands()).toArray())) {
      return buffer.getData();
    }
    byte[] copy = new byte[size];
    samples.getDataElements(0, 0, samples.getWidth(), samples.getHeight(), copy);
    return copy;
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

  private static byte[] grey(byte[] levels) {
    byte[] rgb = new byte[3 * levels.length];
    for (int i = 0, at = 0; i < levels.length; i++, at += 3) {
      rgb[at] = levels[i];
      rgb[at + 1] = levels[i];
      rgb[at + 2] = levels[i];
    }
    return rgb;
  }

  /**
   * Luma and chroma to red, green, blue in place, in libjpeg's 16-bit fixed point.
   *
   * <pre>
   *   R = Y + 1.40200 Cr    G = Y − 0.34414 Cb − 0.71414 Cr    B = Y + 1.77200 Cb
   * </pre>
   */
  private static void toRgb(byte[] samples, int bands) {
    // a step that is known lets the JIT leave out the checks of the index
    if (bands == 3) {
      for (int at = 0; at < samples.length; at += 3) {
        pixelToRgb(samples, at);
      }
    } else {
      for (int at = 0; at < samples.length; at += 4) {
        pixelToRgb(samples, at);
      }
    }
  }

  private static void pixelToRgb(byte[] samples, int at) {
    int y = samples[at] & 0xFF;
    int cb = samples[at + 1] & 0xFF;
    int cr = samples[at + 2] & 0xFF;
    samples[at] = clip(y + RED_OF_CR[cr]);
    samples[at + 1] = clip(y + (GREEN_OF_CB[cb] + GREEN_OF_CR[cr] >> 16));
    samples[at + 2] = clip(y + BLUE_OF_CB[cb]);
  }

  private static void complement(byte[] row) {
    for (int at = 0; at < row.length; at += 4) {
      for (int c = 0; c < 3; c++) {
        row[at + c] = (byte) ~row[at + c];
      }
    }
  }

  /** Inverted inks to colours: colour = (255 − K) − C · (255 − K) / 255, rounded as Pillow does. */
  private static byte[] inkToRgb(byte[] inks) {
    byte[] rgb = new byte[inks.length / 4 * 3];
    for (int from = 0, at = 0; from < inks.length; from += 4, at += 3) {
      int light = inks[from + 3] & 0xFF;
      for (int c = 0; c < 3; c++) {
        int product = (255 - (inks[from + c] & 0xFF)) * light + 128;
        rgb[at + c] = clip(light - ((product >> 8) + product >> 8));
      }
    }
    return rgb;
  }

  private static byte clip(int value) {
    // hardly any value is beyond the ends, so that the branch costs less than two comparisons
    return (byte) ((value & ~255) == 0 ? value : value < 0 ? 0 : 255);
  }
}
