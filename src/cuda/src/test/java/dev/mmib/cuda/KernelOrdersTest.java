package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract of the kernels once more, each time in a JVM of its own: with the threads of a block
 * taking turns in other orders, and with sanitizers that see every access out of bounds.
 */
class KernelOrdersTest {

  private static final long MINUTES = 10;

  @TempDir Path temporary;

  @BeforeEach
  void needsTheStandIn() {
    Gpu.assumePresent();
    Assumptions.assumeTrue(Gpu.isStandIn(), "a real GPU has orders of its own");
  }

  @Test
  void keepTheContractWhenThreadsRunInReverse() throws Exception {
    run(List.of(), Map.of("MMIB_STAND_IN_ORDER", "reverse"), "mmib.cuda.libraries");
  }

  /** At random, with sanitizers, every buffer of its exact size. */
  @Test
  void keepTheContractWhenThreadsRunAtRandomAndEveryAccessIsChecked() throws Exception {
    var runtime = sanitizerRuntime();
    run(
        List.of("-D" + CudaMemory.CACHING_PROPERTY + "=false"),
        Map.of(
            "MMIB_STAND_IN_ORDER",
            "random",
            "LD_PRELOAD",
            runtime,
            "ASAN_OPTIONS",
            "detect_leaks=0,handle_segv=0,allow_user_segv_handler=1,handle_sigbus=0,"
                + "handle_sigfpe=0,handle_sigill=0,allocator_may_return_null=1"),
        "mmib.cuda.sanitized");
  }

  private static String sanitizerRuntime() throws IOException, InterruptedException {
    var compiler = new ProcessBuilder("g++", "-print-file-name=libasan.so").start();
    var path = new String(compiler.getInputStream().readAllBytes()).strip();
    assertEquals(0, compiler.waitFor());
    assertFalse(path.isEmpty());
    return path;
  }

  private void run(List<String> options, Map<String, String> environment, String libraries)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx1g");
    command.add("-Dmmib.cuda.libraries=" + System.getProperty(libraries));
    command.addAll(options);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), ContractRun.class.getName()));
    var log = temporary.resolve("log").toFile();
    var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log);
    builder.environment().putAll(environment);
    var process = builder.start();
    boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
    process.destroyForcibly();
    assertEquals(0, ended ? process.exitValue() : -1, () -> tail(log));
  }

  private static String tail(File log) {
    try {
      var lines = Files.readAllLines(log.toPath());
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
