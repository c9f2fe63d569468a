package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A CPU without AVX-512, or even AVX, computes the same: oneDNN is told that this is one. */
class OlderCpuTest {

  /**
   * The tests of {@link OneDnnKernelsTest} as a program: oneDNN looks at its CPU once a process.
   */
  public static final class Kernels {
    private Kernels() {}

    /** Prints {@code works} and the description, or dies. */
    public static void main(String[] arguments) {
      for (boolean sgemm : new boolean[] {true, false}) {
        var products = new OneDnnProducts(sgemm) {};
        products.multipliesMatricesInEveryOrientation();
        products.close();
        var attention = new OneDnnAttention(sgemm) {};
        attention.attendsWithMasksAndDropout();
        attention.close();
      }
      var convolutions = new OneDnnConvolutions() {};
      convolutions.convolvesForwardAndBackward();
      convolutions.close();
      var contract = new CpuBackendTest().new WithSgemm();
      contract.normalizesConvolutionsAtInference();
      contract.normalizesBatchesWithWhatFollowsInResidualNetworks();
      var rows = new OneDnnRows() {};
      rows.computesBothGelusAndTheirDerivatives();
      rows.normalizesRows();
      rows.close();
      if (Arranger.block() > 0) {
        new WinogradTrainingTest().trainsAsTheSumsSay();
      }
      try (var cpu = new CpuBackend(2)) {
        System.out.println("works: " + cpu.description());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"SSE41, sse41", "AVX2, avx2"})
  void computesTheSame(String most, String described) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var builder =
        new ProcessBuilder(
            java,
            "-Xmx512m",
            "-cp",
            System.getProperty("java.class.path"),
            Kernels.class.getName());
    builder.environment().put("ONEDNN_MAX_CPU_ISA", most);
    var process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    assertTrue(output.contains("works: oneDNN 3.11.0, " + described + ","), output);
  }
}
