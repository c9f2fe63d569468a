package dev.mmib.golden;

import dev.mmib.io.JsonObject;
import org.junit.jupiter.api.Assertions;

/** Golden tensors that are stored whole, or as samples: {@code @idx} and {@code @val}. */
public final class GoldenSamples {

  private GoldenSamples() {}

  /** Compares what is stored under {@code key} within the tolerance of {@code spec}. */
  public static void check(GoldenFile file, String key, JsonObject spec, float[] got) {
    double tolerance = GoldenAssert.tolerance(spec);
    if (file.tensors().containsKey(key)) {
      GoldenAssert.close(key, file.tensor(key).asFloats(), got, tolerance);
      return;
    }
    var at = file.tensor(key + "@idx").ints();
    var sampled = new float[at.length];
    for (int i = 0; i < at.length; i++) {
      sampled[i] = got[at[i]];
    }
    GoldenAssert.close(key, file.tensor(key + "@val").asFloats(), sampled, tolerance);
    if (spec.has("abs_sum")) {
      double sum = 0;
      for (float x : got) {
        sum += Math.abs(x);
      }
      double expected = Golden.number(spec.at("abs_sum"));
      // As for the sums of trained parameters: many elements, each with the error of its own.
      double error = 10 * Golden.number(spec.at("torch_f32_max_err")) * got.length;
      Assertions.assertEquals(
          expected, sum, Math.max(error, 1e-5 * expected), key + ": sum of sizes");
    }
  }
}
