package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Precision;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenFile;
import dev.mmib.io.JsonObject;
import org.junit.jupiter.api.Assumptions;

/**
 * How far a model's numbers may be from the golden ones, by precision.
 *
 * <p>In float32 each element is within 1e-4 of the largest of its tensor, or ten times as far as
 * PyTorch's float32 is where that is more: a bound of what is possible. In the others all elements
 * of a tensor together are: ‖got − want‖ / ‖want‖. Roundings of many layers add up, and gradients
 * have gone through twice as many; the bounds are two to three times what exact sums of rounded
 * factors come to.
 */
public final class Goldens {

  /** Names whole models on the libraries that stand in, where each takes a minute. */
  private static final String LARGE = "mmib.cuda.large";

  private final Precision precision;
  private final double values;
  private final double gradients;

  private Goldens(Precision precision, double values, double gradients) {
    this.precision = precision;
    this.values = values;
    this.gradients = gradients;
  }

  /** Of models that are smooth. */
  public static Goldens of(Precision precision) {
    return switch (precision) {
      case FP32 -> new Goldens(precision, 1e-4, 1e-4);
      case TF32 -> new Goldens(precision, 5e-3, 2e-2);
      case BF16 -> new Goldens(precision, 4e-2, 1.5e-1);
      case INT8 -> throw new IllegalArgumentException("cuda has no INT8");
    };
  }

  /** Of rectifiers and maxima, where a rounding turns the way of a gradient. */
  public static Goldens ofRectifiers(Precision precision) {
    return switch (precision) {
      case FP32 -> new Goldens(precision, 1e-4, 1e-4);
      case TF32 -> new Goldens(precision, 5e-3, 1.5e-1);
      case BF16 -> new Goldens(precision, 4e-2, 4e-1);
      case INT8 -> throw new IllegalArgumentException("cuda has no INT8");
    };
  }

  /** Skips a test of a large model where a GPU is only stood in for. */
  public static void assumeFast() {
    Gpu.assumePresent();
    Assumptions.assumeTrue(
        !Gpu.isStandIn() || Boolean.getBoolean(LARGE), "for a real GPU, or with -D" + LARGE);
  }

  /** Whether differences in this precision say anything of a value that float32 gets so wrong. */
  private boolean isTold(JsonObject spec) {
    return precision == Precision.FP32 || 1e-5 * largest(spec) >= error(spec);
  }

  private static double largest(JsonObject spec) {
    return Golden.number(spec.at("max_abs"));
  }

  private static double error(JsonObject spec) {
    return Golden.number(spec.at("torch_f32_max_err"));
  }

  /**
   * Compares what is stored under {@code key}, whole or as samples.
   *
   * @param isGradient whether {@code got} is one
   */
  public void check(GoldenFile file, String key, JsonObject spec, float[] got, boolean isGradient) {
    if (file.tensors().containsKey(key)) {
      check(key, spec, file.tensor(key).asFloats(), got, isGradient);
      return;
    }
    var at = file.tensor(key + "@idx").ints();
    var sampled = new float[at.length];
    for (int i = 0; i < at.length; i++) {
      sampled[i] = got[at[i]];
    }
    check(key, spec, file.tensor(key + "@val").asFloats(), sampled, isGradient);
  }

  /** Compares numbers with golden ones of the same elements. */
  public void check(String what, JsonObject spec, float[] want, float[] got, boolean isGradient) {
    if (!isTold(spec)) {
      return;
    }
    double most = isGradient ? gradients : values;
    if (precision == Precision.FP32) {
      double tolerance = Math.max(most * largest(spec), 10 * error(spec)) + 1e-6;
      for (int i = 0; i < want.length; i++) {
        double difference = Math.abs((double) got[i] - want[i]);
        int at = i;
        assertTrue(
            difference <= tolerance,
            () ->
                what + ", element " + at + ": " + got[at] + " vs " + want[at] + " ± " + tolerance);
      }
      return;
    }
    double distance = Distances.of(got, want);
    assertTrue(
        distance <= most, () -> what + " in " + precision + ": off by " + distance + " vs " + most);
  }
}
