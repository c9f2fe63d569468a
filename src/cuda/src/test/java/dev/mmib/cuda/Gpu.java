package dev.mmib.cuda;

import dev.mmib.backend.Device;
import dev.mmib.backend.Precision;
import dev.mmib.cuda.natives.CudaNatives;
import org.junit.jupiter.api.Assumptions;

/**
 * The GPU of the tests: a real one, or the libraries that stand in for it, whichever the system
 * property {@code mmib.cuda.libraries} leads to.
 */
final class Gpu {

  private Gpu() {}

  /** Opens it, or skips the test with the reason. */
  static CudaBackend open() {
    return open(Precision.FP32, false);
  }

  static CudaBackend open(Precision precision, boolean graphs) {
    assumePresent();
    return new CudaBackend(new Device.Options(0, 1, precision, graphs));
  }

  static void assumePresent() {
    var reason = CudaNatives.unavailableBecause();
    reason.ifPresent(text -> System.out.println("SKIPPED, no GPU and no stand-in: " + text));
    Assumptions.assumeTrue(reason.isEmpty(), () -> reason.orElse(""));
  }

  /** Whether the libraries are those that stand in, so that nothing is fast. */
  static boolean isStandIn() {
    return System.getProperty("mmib.cuda.libraries", "").contains("stand-in");
  }
}
