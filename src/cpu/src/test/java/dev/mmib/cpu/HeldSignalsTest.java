package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a thread blocks, as {@code man proc_pid_status} shows it. */
class HeldSignalsTest {

  private static final long SIGSEGV = 1L << 10;
  private static final long SIGUSR2 = 1L << 11;
  private static final long SIGPROF = 1L << 26;
  private static final long ASKED = SIGSEGV | SIGUSR2 | SIGPROF;

  @BeforeEach
  void isLinux() {
    assumeTrue(Platform.current().name().equals("linux-x86_64"));
  }

  private static long blocked() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/thread-self/status"))) {
        if (line.startsWith("SigBlk:")) {
          return Long.parseUnsignedLong(line.substring("SigBlk:".length()).strip(), 16) & ASKED;
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("no SigBlk");
  }

  @Test
  void waitWithinSectionsAndNoLonger() {
    assertFalse(HeldSignals.areMissing());
    assertEquals(0, blocked());
    HeldSignals outer = HeldSignals.hold();
    assertEquals(SIGUSR2 | SIGPROF, blocked());
    HeldSignals inner = HeldSignals.hold();
    inner.release();
    assertEquals(SIGUSR2 | SIGPROF, blocked());
    outer.release();
    assertEquals(0, blocked());
  }

  @Test
  void waitInEverySectionOfOneDnn() {
    try (var cpu = new CpuBackend(2)) {
      cpu.oneDnn().together(0, () -> assertEquals(SIGUSR2 | SIGPROF, blocked()));
      cpu.oneDnn().forEach(4, i -> assertEquals(SIGUSR2 | SIGPROF, blocked()));
      assertEquals(0, blocked());
    }
  }

  @Test
  void comeAfterASectionThatFails() {
    try (var cpu = new CpuBackend(1)) {
      assertThrows(
          IllegalStateException.class,
          () ->
              cpu.oneDnn()
                  .forEach(
                      1,
                      i -> {
                        throw new IllegalStateException("as a task may");
                      }));
      assertEquals(0, blocked());
    }
  }
}
