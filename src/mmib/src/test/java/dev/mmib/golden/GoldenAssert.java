package dev.mmib.golden;

import dev.mmib.io.JsonObject;
import java.util.Objects;
import org.junit.jupiter.api.Assertions;

/** Compares numbers with golden ones and shows where they differ most. */
public final class GoldenAssert {

  private GoldenAssert() {}

  /** {@code 10 · torch_f32_max_err + 1e-6 · max_abs + 1e-6}. */
  public static double tolerance(JsonObject spec) {
    return tolerance(
        Golden.number(Objects.requireNonNull(spec.at("torch_f32_max_err"))),
        Golden.number(spec.at("max_abs")));
  }

  public static double tolerance(double torchError, double maxAbs) {
    return 10 * torchError + 1e-6 * maxAbs + 1e-6;
  }

  /** Every element within {@code tolerance}; NaN equals NaN, infinities must agree. */
  public static void close(String what, float[] expected, float[] got, double tolerance) {
    Assertions.assertEquals(expected.length, got.length, what + ": number of elements");
    int worst = -1;
    double largest = 0;
    int outside = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = difference(expected[i], got[i]);
      if (!(difference <= tolerance)) {
        outside++;
      }
      if (worst < 0 || difference > largest || Double.isNaN(difference)) {
        worst = i;
        largest = difference;
      }
    }
    if (outside > 0) {
      Assertions.fail(
          what
              + ": "
              + outside
              + " of "
              + expected.length
              + " elements differ by more than "
              + tolerance
              + ", the worst at "
              + worst
              + ": expected "
              + expected[worst]
              + ", got "
              + got[worst]
              + ", difference "
              + largest);
    }
  }

  private static double difference(float expected, float got) {
    if (Float.compare(expected, got) == 0 || (Float.isNaN(expected) && Float.isNaN(got))) {
      return 0;
    }
    double difference = Math.abs((double) expected - got);
    return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
  }

  public static void exact(String what, float[] expected, float[] got) {
    close(what, expected, got, 0);
  }
}
