package dev.mmib.cuda;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What shows on a device that is late, and on one that has next to no memory. */
class CudaProcessTest {

  private static final String LIBRARIES = "mmib.cuda.libraries";

  @TempDir Path temporary;

  @BeforeEach
  void needsTheStandIn() {
    Gpu.assumePresent();
    Assumptions.assumeTrue(Gpu.isStandIn(), "a real GPU is as it is");
  }

  /** All work waits until the host waits for it, so that a wait that is missing shows. */
  @Test
  void waitsForADeviceThatIsLate() throws Exception {
    OwnJvm.run(
        temporary,
        List.of(),
        Map.of("MMIB_STAND_IN_ASYNC", "1"),
        LIBRARIES,
        RecordingTest.class,
        RecordingDetoursTest.class,
        CudaLifeTest.class);
  }

  /** Too few for the first buffer, and for the workspace of cuBLAS. */
  @ParameterizedTest
  @ValueSource(ints = {256, 1 << 20})
  void leavesNothingOpenWhereItHasNotTheMemoryToOpen(int bytes) throws Exception {
    OwnJvm.run(
        temporary,
        List.of(),
        Map.of("MMIB_STAND_IN_MEMORY", String.valueOf(bytes)),
        LIBRARIES,
        OpeningWithoutMemory.class);
  }
}
