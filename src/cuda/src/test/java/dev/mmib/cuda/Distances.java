package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Precision;

/**
 * How far results are from those in float32, all elements together: ‖got − want‖ / ‖want‖.
 *
 * <p>A factor rounded to p bits is off by at most 2⁻ᵖ of itself, 2⁻¹¹ in TF32 (2⁻¹⁰ where tensor
 * cores cut it off) and 2⁻⁹ in bfloat16; sums of many such errors are off by about that.
 */
final class Distances {

  private Distances() {}

  /** The most that one operation may be off. */
  static double most(Precision precision) {
    return switch (precision) {
      case FP32 -> 1e-5;
      case TF32 -> 2e-3;
      case BF16 -> 1e-2;
      case INT8 -> throw new IllegalArgumentException("cuda has no INT8");
    };
  }

  /** ‖got − want‖ / ‖want‖. */
  static double of(float[] got, float[] want) {
    assertEquals(want.length, got.length);
    double difference = 0;
    double size = 0;
    for (int i = 0; i < want.length; i++) {
      double d = (double) got[i] - want[i];
      difference += d * d;
      size += (double) want[i] * want[i];
    }
    return Math.sqrt(difference / size);
  }

  /** Refuses results that are farther off than the precision explains. */
  static void assertNear(Precision precision, float[] got, float[] want, String what) {
    double distance = of(got, want);
    assertTrue(
        distance <= most(precision), // and not NaN
        () -> what + " in " + precision + ": off by " + distance + " vs " + most(precision));
  }
}
