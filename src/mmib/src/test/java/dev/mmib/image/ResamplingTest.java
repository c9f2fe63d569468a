package dev.mmib.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Resampling against the same thing written down plainly, pixel by pixel. */
class ResamplingTest {

  private static RgbImage noise(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    new Random(width * 31L + height).nextBytes(rgb);
    // blocks of black and white, where a kernel below 0 goes beyond both ends
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = i / 40 % 3 == 0 ? rgb[i] : (byte) (i / 40 % 3 == 1 ? 0 : 255);
    }
    return new RgbImage(width, height, rgb);
  }

  /** One pass over one axis: {@code in} has {@code lines} of pixels, {@code step} bytes apart. */
  private static byte[] pass(
      byte[] in, ResizeKernel kernel, int size, int wanted, int lines, int line, int step) {
    byte[] out = new byte[in.length / size * wanted];
    double scale = (double) size / wanted;
    double widening = Math.max(scale, 1);
    for (int i = 0; i < wanted; i++) {
      double center = (i + 0.5) * scale;
      double support = kernel.support() * widening;
      int low = Math.max(0, (int) (center - support + 0.5));
      int high = Math.min(size, (int) (center + support + 0.5));
      double[] exact =
          IntStream.range(low, high)
              .mapToDouble(j -> kernel.at((j - center + 0.5) * (1 / widening)))
              .toArray();
      double sum = 0;
      for (double weight : exact) {
        sum += weight;
      }
      for (int l = 0; l < lines; l++) {
        for (int c = 0; c < 3; c++) {
          int level = 1 << 21;
          for (int j = low; j < high; j++) {
            double weight = exact[j - low] / sum;
            level +=
                (in[l * line + j * step + c] & 255)
                    * (int) ((weight < 0 ? -0.5 : 0.5) + weight * (1 << 22));
          }
          int to = step == 3 ? l * 3 * wanted + 3 * i + c : i * step + l * line + c;
          out[to] = (byte) Math.max(0, Math.min(255, level >> 22));
        }
      }
    }
    return out;
  }

  private static byte[] plain(RgbImage image, ResizeKernel kernel, int width, int height) {
    byte[] narrow =
        pass(image.rgb(), kernel, image.width(), width, image.height(), 3 * image.width(), 3);
    return pass(narrow, kernel, image.height(), height, width, 3, 3 * width);
  }

  private static void check(ResizeKernel kernel, int w, int h, int width, int height) {
    RgbImage image = noise(w, h);
    assertArrayEquals(
        plain(image, kernel, width, height),
        Resampling.resize(image, kernel, width, height).rgb(),
        kernel + " " + w + " × " + h + " to " + width + " × " + height);
  }

  /** Sizes around every width of a vector and around the groups of columns. */
  @ParameterizedTest
  @EnumSource(ResizeKernel.class)
  void isTheSameAtEverySmallSize(ResizeKernel kernel) {
    for (int in = 1; in <= 36; in++) {
      for (int out = 1; out <= 36; out += in % 2 + 1) {
        check(kernel, in, 37 - in, out, 1 + (out * 7 + in) % 36);
      }
    }
  }

  /** More rows than a band has, more columns in one window than are kept, windows over all. */
  @ParameterizedTest
  @CsvSource({
    "3, 1500, 2, 700",
    "5, 2200, 3, 2300",
    "1, 3000, 1, 1",
    "3000, 1, 1, 1",
    "2000, 3, 7, 2",
    "1, 1500, 40, 2",
    "705, 703, 31, 30",
    "9, 704, 8, 703"
  })
  void isTheSameForTallAndWidePictures(int w, int h, int width, int height) {
    check(ResizeKernel.BILINEAR, w, h, width, height);
    check(ResizeKernel.BICUBIC, w, h, width, height);
  }

  @ParameterizedTest
  @CsvSource({"2, 12", "4, 8"})
  void isTheSameOnSeveralThreads(int threads, int pictures)
      throws InterruptedException, ExecutionException {
    var preprocessor = new ImagePreprocessor(48, 40);
    List<RgbImage> images =
        IntStream.range(0, pictures).mapToObj(i -> noise(60 + 7 * i, 90 - 3 * i)).toList();
    var alone = images.stream().map(preprocessor::apply).toList();
    var pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<float[]>> found =
          images.stream().map(image -> pool.submit(() -> preprocessor.apply(image))).toList();
      assertEquals(pictures, found.size());
      for (int i = 0; i < pictures; i++) {
        assertArrayEquals(alone.get(i), found.get(i).get(), "picture " + i);
      }
    } finally {
      pool.shutdown();
    }
  }
}
