package dev.mmib.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImagePreprocessorTest {

  private static RgbImage noise(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    new Random(width * 31L + height).nextBytes(rgb);
    return new RgbImage(width, height, rgb);
  }

  /** The window that is computed alone must be the window of the whole. */
  @ParameterizedTest
  @CsvSource({
    "1,1", "224,224", "255,257", "256,256", "257,255", "37,90", "90,37", "300,299", "2,150", "61,70"
  })
  void cropsWhatResizingTheWholeWouldGive(int width, int height) {
    var preprocessor = new ImagePreprocessor(64, 56);
    RgbImage image = noise(width, height);
    int w = (int) preprocessor.resizedWidth(image);
    int h = (int) preprocessor.resizedHeight(image);
    RgbImage whole = Resampling.bilinear(image, w, h);
    RgbImage crop = Crops.of(preprocessor, image);
    int left = (int) Math.rint((w - 56) / 2.0);
    int top = (int) Math.rint((h - 56) / 2.0);
    for (int y = 0; y < 56; y++) {
      for (int x = 0; x < 56; x++) {
        for (int c = 0; c < 3; c++) {
          assertEquals(whole.at(left + x, top + y, c), crop.at(x, y, c), x + ", " + y + ", " + c);
        }
      }
    }
  }

  @Test
  void roundsHalfAPixelToTheEvenOne() {
    // 4 × 7 with crop 4: (7 − 4) / 2 = 1.5 → 2;  4 × 5: 0.5 → 0;  4 × 9: 2.5 → 2
    int[][] cases = {{7, 2}, {5, 0}, {9, 2}, {6, 1}};
    for (int[] c : cases) {
      RgbImage image = noise(4, c[0]);
      RgbImage crop = Crops.of(new ImagePreprocessor(4, 4), image);
      assertEquals(image.at(1, c[1], 2), crop.at(1, 0, 2), "height " + c[0]);
    }
  }

  @Test
  void padsWhatIsSmallerThanTheCropWithBlack() {
    RgbImage crop = Crops.of(new ImagePreprocessor(2, 5), new RgbImage(1, 1, new byte[] {9, 9, 9}));
    byte[] row = new byte[5];
    for (int y = 0; y < 5; y++) {
      for (int x = 0; x < 5; x++) {
        row[x] = (byte) crop.at(x, y, 0);
      }
      byte[] inside = {0, 9, 9, 0, 0};
      assertArrayEquals(y == 1 || y == 2 ? inside : new byte[5], row, "row " + y);
    }
  }

  /** Resized wholly, this strip would have ten thousand million pixels. */
  @Test
  void cropsTheThinnestStrips() {
    assertEquals(3 * 224 * 224, ImagePreprocessor.standard().apply(noise(1, 100_000)).length);
    assertEquals(3 * 224 * 224, ImagePreprocessor.standard().apply(noise(10_000_000, 1)).length);
  }

  @Test
  void normalizesChannelByChannel() {
    float[] values =
        new ImagePreprocessor(1, 1).apply(new RgbImage(1, 1, new byte[] {0, (byte) 255, 51}));
    assertEquals(-0.485 / 0.229, values[0], 1e-6);
    assertEquals((1 - 0.456) / 0.224, values[1], 1e-6);
    assertEquals((0.2 - 0.406) / 0.225, values[2], 1e-6);
  }

  @Test
  void refusesSizesThatMakeNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new ImagePreprocessor(0, 1));
    assertThrows(IllegalArgumentException.class, () -> new ImagePreprocessor(256, -224));
    assertThrows(IllegalArgumentException.class, () -> new RgbImage(2, 2, new byte[11]));
    assertThrows(IllegalArgumentException.class, () -> new ImageDecoder.Options(0, false));
    assertThrows(IllegalArgumentException.class, () -> Resampling.bilinear(noise(2, 2), 0, 5));
  }
}
