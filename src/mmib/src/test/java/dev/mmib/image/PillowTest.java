package dev.mmib.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Decoding and resizing against values that Pillow 9.4.0 gave, bicubic ones 11.3.0. */
class PillowTest {

  /**
   * Decoders of lossy formats round differently; this is a mean difference in grey levels. Lossy
   * WebP is compared with libwebp's decoder without its interpolation of chroma, which ours has
   * not.
   */
  private static final double MEAN_LEVELS = 1;

  static byte[] resource(String name) throws IOException {
    try (var in = PillowTest.class.getResourceAsStream("/image/" + name)) {
      assertNotNull(in, name);
      return in.readAllBytes();
    }
  }

  static Stream<String[]> rows(String table) throws IOException {
    return new String(resource(table), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("\t"));
  }

  @TestFactory
  Stream<DynamicTest> decodesTheSamePixels() throws IOException {
    return rows("pillow.tsv").map(row -> dynamicTest(row[0], () -> check(row)));
  }

  private static void check(String[] row) throws IOException {
    RgbImage image = ImageDecoder.decode(resource(row[0]), row[0]);
    assertEquals(Integer.parseInt(row[1]), image.width());
    assertEquals(Integer.parseInt(row[2]), image.height());
    if (row[3].equals("-")) {
      RgbImage expected = ImageDecoder.decode(resource(row[0] + ".expected.png"), row[0]);
      double difference = meanDifference(image.rgb(), expected.rgb());
      assertTrue(difference <= MEAN_LEVELS, "mean difference " + difference);
    } else {
      assertEquals(row[3], sha256(image.rgb()));
    }
  }

  static double meanDifference(byte[] a, byte[] b) {
    assertEquals(a.length, b.length);
    long sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs((a[i] & 0xFF) - (b[i] & 0xFF));
    }
    return (double) sum / a.length;
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @TestFactory
  Stream<DynamicTest> resizesToTheSamePixels() throws IOException {
    return Stream.concat(
        resizes("resize.tsv", ResizeKernel.BILINEAR), resizes("bicubic.tsv", ResizeKernel.BICUBIC));
  }

  private static Stream<DynamicTest> resizes(String table, ResizeKernel kernel) throws IOException {
    int[][] sizes =
        rows(table)
            .map(row -> Stream.of(row).mapToInt(s -> (int) Long.parseLong(s)).toArray())
            .toArray(int[][]::new);
    return Stream.iterate(0, i -> i < sizes.length, i -> i + 1)
        .map(
            i ->
                dynamicTest(
                    kernel + " " + i + " " + size(sizes[i]),
                    () -> checkResize(kernel, i, sizes[i])));
  }

  private static String size(int[] s) {
    return s[0] + "×" + s[1] + " to " + s[2] + "×" + s[3];
  }

  private static void checkResize(ResizeKernel kernel, int i, int[] s) {
    byte[] rgb = new byte[3 * s[0] * s[1]];
    for (int y = 0, at = 0; y < s[1]; y++) {
      for (int x = 0; x < s[0]; x++) {
        for (int c = 0; c < 3; c++) {
          rgb[at++] = (byte) (x * 31 + y * 17 + c * 71 + (x * y) % 13 * 5 + i * 3 ^ x * y * c + i);
        }
      }
    }
    RgbImage image = Resampling.resize(new RgbImage(s[0], s[1], rgb), kernel, s[2], s[3]);
    var crc = new CRC32();
    crc.update(image.rgb());
    assertEquals(s[4], (int) crc.getValue());
  }
}
