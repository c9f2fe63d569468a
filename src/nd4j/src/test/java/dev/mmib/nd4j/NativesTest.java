package dev.mmib.nd4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.cpu.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which variant of the natives is chosen, and what is said if none fits. */
class NativesTest {

  private static final Platform LINUX = new Platform("linux-x86_64", false);
  private static final Set<String> NEWEST =
      Set.of("avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl");
  private static final Set<String> OLD = Set.of("sse4_1");

  private static Natives find(Set<String> cpu, String... platforms) {
    return Natives.find(
        LINUX,
        cpu,
        resource -> {
          for (var platform : platforms) {
            if (resource.contains("/" + platform + "/libjnind4jcpu.so")) {
              return true;
            }
          }
          return false;
        });
  }

  @Test
  void choosesTheBestThatTheCpuRuns() {
    var all =
        new String[] {
          "linux-x86_64", "linux-x86_64-onednn", "linux-x86_64-onednn-avx512", "linux-x86_64-avx2"
        };
    assertEquals(Variant.ONEDNN_AVX512, find(NEWEST, all).variant());
    assertEquals(Variant.ONEDNN, find(Set.of("avx2", "fma"), all).variant());
    assertEquals(Variant.ONEDNN, find(OLD, all).variant());
    assertEquals(Variant.PLAIN, find(OLD, "linux-x86_64", "linux-x86_64-avx2").variant());
    assertTrue(Variant.ONEDNN_AVX2.hasOneDnn());
  }

  @Test
  void tellsWhichClassifierTheCpuNeeds() {
    Natives found = find(OLD, "linux-x86_64-onednn-avx512");
    assertNull(found.variant());
    String problem = String.valueOf(found.problem());
    assertTrue(problem.contains("linux-x86_64-onednn-avx512 needs avx512bw"), problem);
    assertTrue(problem.contains("the classifier linux-x86_64-onednn,"), problem);
  }

  @Test
  void tellsWhichDependencyIsMissing() {
    String problem = String.valueOf(find(NEWEST).problem());
    assertTrue(problem.contains("no natives of ND4J for linux-x86_64"), problem);
    assertTrue(problem.contains("org.nd4j:nd4j-native:1.0.0-M2.1"), problem);
  }

  @Test
  void tellsThatMuslIsNotServed() {
    Natives found = Natives.find(new Platform("linux-x86_64", true), NEWEST, resource -> true);
    assertNull(found.variant());
    assertTrue(String.valueOf(found.problem()).contains("musl"));
  }

  @Test
  void readsWhatLinuxTellsAboutTheCpu(@TempDir Path folder) throws IOException {
    Path cpuinfo = folder.resolve("cpuinfo");
    assertEquals(Set.of(), Variant.instructionSets(cpuinfo));
    Files.writeString(cpuinfo, "processor\t: 0\nflags\t\t: fpu avx2 fma\nprocessor : 1\n");
    assertEquals(Set.of("fpu", "avx2", "fma"), Variant.instructionSets(cpuinfo));
    Files.writeString(cpuinfo, "no such line\n");
    assertEquals(Set.of(), Variant.instructionSets(cpuinfo));
  }
}
