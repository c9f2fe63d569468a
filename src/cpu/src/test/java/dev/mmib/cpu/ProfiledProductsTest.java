package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;

/** A profiler's signals do no harm while products are computed. */
class ProfiledProductsTest {

  /** Products under JFR as a program: a stack in the wrong place ends the process. */
  public static final class Products {
    private static final int ROWS = 32;
    private static final int SIZE = 768;
    private static final long NANOSECONDS = 3_000_000_000L;

    private Products() {}

    private static Buffer filled(CpuBackend cpu, int length) {
      var values = new float[length];
      Arrays.fill(values, 1);
      Buffer buffer = cpu.allocate(DType.F32, length);
      cpu.upload(values, 0, buffer, 0, length);
      return buffer;
    }

    /** Prints {@code works}, or dies. */
    public static void main(String[] arguments) {
      try (var recording = new Recording();
          var cpu = new CpuBackend(2);
          Buffer x = filled(cpu, ROWS * SIZE);
          Buffer w = filled(cpu, SIZE * SIZE);
          Buffer bias = filled(cpu, SIZE);
          Buffer y = filled(cpu, ROWS * SIZE)) {
        recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(1));
        recording.start();
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < NANOSECONDS) {
          cpu.matmul().linear(ROWS, SIZE, SIZE, x, w, bias, Unary.GELU, y);
        }
        var values = new float[1];
        cpu.download(y, 0, values, 0, 1);
        System.out.println("works: " + values[0]);
      }
    }
  }

  @Test
  void computesUnderJfr() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var process =
        new ProcessBuilder(
                java,
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                Products.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertTrue(output.contains("works: " + 769f), output);
  }
}
