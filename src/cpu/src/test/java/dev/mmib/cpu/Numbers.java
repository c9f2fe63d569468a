package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import java.util.Random;

/** Random inputs, and buffers made of them and read back. */
final class Numbers {

  private final Random random = new Random(42);

  float[] normal(int length) {
    var values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static Buffer buffer(Backend backend, float... values) {
    Buffer buffer = backend.allocate(DType.F32, values.length);
    backend.upload(values, 0, buffer, 0, values.length);
    return buffer;
  }

  static float[] values(Backend backend, Buffer buffer) {
    var values = new float[buffer.length()];
    backend.download(buffer, 0, values, 0, values.length);
    return values;
  }

  /** Every value within {@code tolerance} of the largest wanted one. */
  static void assertNear(double[] wanted, float[] got, double tolerance, String what) {
    double scale = 0;
    for (double w : wanted) {
      scale = Math.max(scale, Math.abs(w));
    }
    assertNear(wanted, got, tolerance, scale, what);
  }

  /** Every value within {@code tolerance} of {@code scale}. */
  static void assertNear(
      double[] wanted, float[] got, double tolerance, double scale, String what) {
    double worst = 0;
    for (int i = 0; i < wanted.length; i++) {
      double off = Math.abs(wanted[i] - got[i]);
      worst = off <= worst ? worst : off; // NaN becomes the worst
    }
    assertTrue(worst <= tolerance * scale, what + ": off by " + worst + " of " + scale);
  }
}
