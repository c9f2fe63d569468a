package dev.mmib.cli.report;

import dev.mmib.cli.report.ReportData.Slot;
import dev.mmib.error.MmibException;
import dev.mmib.image.ImageDecoder;
import dev.mmib.image.Resampling;
import dev.mmib.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures made small enough that a page can carry many of them. */
public final class Thumbnail {

  private static final int LONGEST_SIDE = 280;

  private Thumbnail() {}

  /**
   * A picture file as a JPEG whose longer side has 280 pixels at most; one that is missing or
   * cannot be decoded becomes a slot that says so.
   */
  public static Slot of(String name, Optional<Path> file) {
    if (file.isEmpty()) {
      return new Slot(name, new byte[0], "missing");
    }
    try {
      return new Slot(name, jpeg(smaller(ImageDecoder.decode(file.get()))));
    } catch (MmibException e) {
      return new Slot(name, new byte[0], "unreadable: " + e.code());
    }
  }

  private static RgbImage smaller(RgbImage image) {
    int longer = Math.max(image.width(), image.height());
    if (longer <= LONGEST_SIDE) {
      return image;
    }
    double scale = (double) LONGEST_SIDE / longer;
    return Resampling.bilinear(
        image,
        (int) Math.max(1, Math.round(scale * image.width())),
        (int) Math.max(1, Math.round(scale * image.height())));
  }

  private static byte[] jpeg(RgbImage image) {
    var buffer = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        buffer.setRGB(x, y, image.at(x, y, 0) << 16 | image.at(x, y, 1) << 8 | image.at(x, y, 2));
      }
    }
    var out = new ByteArrayOutputStream();
    // In memory: ImageIO's own choice is a file in the directory for temporary ones.
    try (var stream = new MemoryCacheImageOutputStream(out)) {
      if (!ImageIO.write(buffer, "jpeg", stream)) {
        throw new IllegalStateException("thumbnail: this Java writes no JPEG");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory only
    }
    return out.toByteArray();
  }
}
