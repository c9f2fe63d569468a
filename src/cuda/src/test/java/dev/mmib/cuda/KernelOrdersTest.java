package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract of the kernels once more, each time in a JVM of its own: with the threads of a block
 * taking turns in other orders, and with sanitizers that see every access out of bounds.
 */
class KernelOrdersTest {

  @TempDir Path temporary;

  @BeforeEach
  void needsTheStandIn() {
    Gpu.assumePresent();
    Assumptions.assumeTrue(Gpu.isStandIn(), "a real GPU has orders of its own");
  }

  @Test
  void keepTheContractWhenThreadsRunInReverse() throws Exception {
    OwnJvm.run(
        temporary,
        List.of(),
        Map.of("MMIB_STAND_IN_ORDER", "reverse"),
        "mmib.cuda.libraries",
        CudaBackendTest.class);
  }

  /** At random, with sanitizers, every buffer of its exact size. */
  @Test
  void keepTheContractWhenThreadsRunAtRandomAndEveryAccessIsChecked() throws Exception {
    var runtime = sanitizerRuntime();
    OwnJvm.run(
        temporary,
        List.of("-D" + CudaMemory.CACHING_PROPERTY + "=false"),
        Map.of(
            "MMIB_STAND_IN_ORDER",
            "random",
            "LD_PRELOAD",
            runtime,
            "ASAN_OPTIONS",
            "detect_leaks=0,handle_segv=0,allow_user_segv_handler=1,handle_sigbus=0,"
                + "handle_sigfpe=0,handle_sigill=0,allocator_may_return_null=1"),
        "mmib.cuda.sanitized",
        CudaBackendTest.class);
  }

  private static String sanitizerRuntime() throws IOException, InterruptedException {
    var compiler = new ProcessBuilder("g++", "-print-file-name=libasan.so").start();
    var path = new String(compiler.getInputStream().readAllBytes()).strip();
    assertEquals(0, compiler.waitFor());
    assertFalse(path.isEmpty());
    return path;
  }
}
