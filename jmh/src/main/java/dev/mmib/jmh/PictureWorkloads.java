package dev.mmib.jmh;

import dev.mmib.image.ImageDecoder;
import dev.mmib.image.ImagePreprocessor;
import dev.mmib.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;

/**
 * A picture of 1024×768 into the numbers that a network is given: short side 256, the middle 224²,
 * normalized; from pixels, and from a JPEG. On one thread.
 *
 * <p>The numbers of the two differ, as they must: Pillow's filter reads every pixel, Java's plain
 * bilinear one four for each that it makes.
 */
final class PictureWorkloads {

  private static final int WIDTH = 1024;
  private static final int HEIGHT = 768;

  private PictureWorkloads() {}

  static List<Workload> all() {
    return List.of(
        Workload.of("picture", "resize", 0)
            .onThreads(1)
            .with(Workload.OURS, threads -> resize())
            .with("graphics2d", threads -> plainResize()),
        Workload.of("picture", "jpeg", 0)
            .onThreads(1)
            .with(Workload.OURS, threads -> jpeg())
            .with("imageio-graphics2d", threads -> plainJpeg()));
  }

  private static Contender resize() {
    RgbImage pixels = MadePosts.pixels(MadePosts.picture(WIDTH, HEIGHT, 1));
    var preprocessor = ImagePreprocessor.standard();
    return new Preparation("ImagePreprocessor", () -> preprocessor.apply(pixels));
  }

  private static Contender plainResize() {
    BufferedImage image = MadePosts.picture(WIDTH, HEIGHT, 1);
    var plain = new PlainPreprocessor();
    return new Preparation("Graphics2D, bilinear", () -> plain.apply(image));
  }

  private static Contender jpeg() throws IOException {
    byte[] bytes = MadePosts.jpeg(WIDTH, HEIGHT, 1);
    var preprocessor = ImagePreprocessor.standard();
    return new Preparation(
        "ImageDecoder and ImagePreprocessor",
        () -> preprocessor.apply(ImageDecoder.decode(bytes, "made")));
  }

  private static Contender plainJpeg() throws IOException {
    byte[] bytes = MadePosts.jpeg(WIDTH, HEIGHT, 1);
    var plain = new PlainPreprocessor();
    ImageIO.setUseCache(false);
    return new Preparation(
        "ImageIO and Graphics2D, bilinear",
        () -> plain.apply(ImageIO.read(new ByteArrayInputStream(bytes))));
  }

  /** Prepares the picture over and over. */
  private static final class Preparation implements Contender {
    private final String description;
    private final Callable<float[]> work;
    private float[] last = NO_RESULT;

    Preparation(String description, Callable<float[]> work) {
      this.description = description;
      this.work = work;
    }

    @Override
    public void run() {
      try {
        last = work.call();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      if (last.length != 3 * 224 * 224) {
        throw new IllegalStateException("picture: " + last.length + " numbers");
      }
    }

    @Override
    public float[] result() {
      return NO_RESULT;
    }

    @Override
    public String description() {
      return description;
    }

    @Override
    public void close() {}
  }
}
