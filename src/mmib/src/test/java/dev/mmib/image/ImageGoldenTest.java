package dev.mmib.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenFile;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Decoding against Pillow, resizing, cropping and normalizing against torchvision.
 *
 * <p>Where the reference says that decoders differ (JPEG), the geometry starts from its pixels.
 */
class ImageGoldenTest {

  private static final double MEAN_LEVELS_JPEG = 1;

  /** Two roundings of float32 values up to 2.7. */
  private static final double NORMALIZED = 1e-6;

  @TestFactory
  Stream<DynamicTest> picturesAreThoseOfTheReference() {
    Path folder = Golden.require("image");
    return Golden.jsonFiles(folder).stream().map(GoldenFile::load).flatMap(g -> tests(folder, g));
  }

  private static Stream<DynamicTest> tests(Path folder, GoldenFile golden) {
    return golden.json().array("images").items().stream()
        .map(JsonValue::asObject)
        .map(c -> dynamicTest(c.string("file"), () -> check(folder, golden, c)));
  }

  private static void check(Path folder, GoldenFile golden, JsonObject c) {
    String file = c.string("file");
    RgbImage decoded = ImageDecoder.decode(folder.resolve(file));
    assertEquals(c.integer("width"), decoded.width());
    assertEquals(c.integer("height"), decoded.height());
    RgbImage start = decoded;
    if (c.bool("decode_exact")) {
      assertEquals(c.string("rgb_sha256"), PillowTest.sha256(decoded.rgb()));
    }
    if (golden.tensors().containsKey(file + "/rgb")) {
      byte[] rgb = bytes(golden.tensor(file + "/rgb"));
      double difference = PillowTest.meanDifference(rgb, decoded.rgb());
      double limit = c.bool("decode_exact") ? 0 : MEAN_LEVELS_JPEG;
      assertTrue(difference <= limit, "mean difference " + difference);
      start = new RgbImage(decoded.width(), decoded.height(), rgb);
    }
    for (JsonValue geometry : c.array("geometry")) {
      checkGeometry(golden, file, start, geometry.asObject());
    }
  }

  private static void checkGeometry(
      GoldenFile golden, String file, RgbImage image, JsonObject geometry) {
    int resize = geometry.integer("resize");
    var preprocessor = new ImagePreprocessor(resize, geometry.integer("crop"));
    int[] resized = geometry.array("resized_wh").ints();
    assertEquals(resized[0], preprocessor.resizedWidth(image));
    assertEquals(resized[1], preprocessor.resizedHeight(image));
    RgbImage crop = Crops.of(preprocessor, image);
    String key = file + "/crop" + resize;
    if (golden.tensors().containsKey(key)) {
      assertArrayEquals(bytes(golden.tensor(key)), crop.rgb(), key);
    }
    assertEquals(geometry.string("crop_sha256"), PillowTest.sha256(crop.rgb()));
    checkValues(golden, file + "/norm" + resize, preprocessor.apply(image), geometry);
    if (geometry.has("sample_index")) {
      checkSamples(crop, preprocessor.apply(image), geometry);
    }
  }

  private static void checkValues(
      GoldenFile golden, String key, float[] values, JsonObject geometry) {
    double sum = 0;
    double absolute = 0;
    for (float value : values) {
      sum += value;
      absolute += Math.abs(value);
    }
    double rounding = NORMALIZED * values.length;
    assertEquals(geometry.number("norm_sum"), sum, rounding, key);
    assertEquals(geometry.number("norm_abs_sum"), absolute, rounding, key);
    if (golden.tensors().containsKey(key)) {
      // the whole tensor, or only the first row of each channel
      var expected = golden.tensor(key);
      int side = geometry.integer("crop");
      int rows = expected.dims()[1];
      for (int c = 0; c < 3; c++) {
        float[] channel =
            Arrays.copyOfRange(values, c * side * side, c * side * side + rows * side);
        float[] from =
            Arrays.copyOfRange(expected.floats(), c * rows * side, (c + 1) * rows * side);
        assertArrayEquals(from, channel, (float) NORMALIZED, key);
      }
    }
  }

  private static void checkSamples(RgbImage crop, float[] values, JsonObject geometry) {
    int[] at = geometry.array("sample_index").ints();
    double[] expected = geometry.array("sample_norm").doubles();
    int[] levels = geometry.array("sample_u8_hwc_of_same_pixels").ints();
    int pixels = crop.width() * crop.height();
    for (int i = 0; i < at.length; i++) {
      assertEquals(expected[i], values[at[i]], NORMALIZED);
      assertEquals(levels[i], crop.rgb()[3 * (at[i] % pixels) + at[i] / pixels] & 0xFF);
    }
  }

  private static byte[] bytes(GoldenFile.Values values) {
    byte[] out = new byte[values.wholes().length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) values.wholes()[i];
    }
    return out;
  }
}
