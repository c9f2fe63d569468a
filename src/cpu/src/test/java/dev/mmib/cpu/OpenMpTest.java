package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What OpenMP says of its settings when oneDNN loads it, in processes of their own. */
class OpenMpTest {

  /** A backend as a program. */
  public static final class Opened {
    private Opened() {}

    /** Opens the device. */
    public static void main(String[] arguments) {
      try (var cpu = new CpuBackend(2)) {
        System.out.println(cpu.description());
      }
    }
  }

  @BeforeEach
  void isLinux() {
    assumeTrue(Platform.current().name().startsWith("linux"));
  }

  private static String settings(Map<String, String> environment) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var builder =
        new ProcessBuilder(
            java, "-Xmx256m", "-cp", System.getProperty("java.class.path"), Opened.class.getName());
    builder.environment().remove("OMP_WAIT_POLICY");
    builder.environment().remove("GOMP_SPINCOUNT");
    builder.environment().put("OMP_DISPLAY_ENV", "VERBOSE");
    builder.environment().putAll(environment);
    var process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  private static void assertSpins(String count, Map<String, String> environment) throws Exception {
    String settings = settings(environment);
    assertTrue(settings.contains("GOMP_SPINCOUNT = '" + count + "'"), settings);
  }

  @Test
  void threadsSpinBriefly() throws Exception {
    assertSpins("20000", Map.of());
  }

  @Test
  void theApplicationsChoiceStays() throws Exception {
    assertSpins("7", Map.of("GOMP_SPINCOUNT", "7"));
    assertSpins("0", Map.of("OMP_WAIT_POLICY", "PASSIVE"));
  }
}
