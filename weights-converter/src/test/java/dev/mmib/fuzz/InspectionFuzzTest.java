package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.convert.Inspection;

/**
 * Any bytes as two files, of which one may be an index of the other, inspected to the last number.
 */
class InspectionFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @FuzzTest(maxDuration = "24h", maxExecutions = 2_000_000)
  void inspectsOrRefusesFiles(byte[] data) {
    SCRATCH.writeParts(data, "a", "b");
    Contract.hold(data.length, () -> Inspection.of(SCRATCH.directory().resolve("a"), true));
    Canary.Cage.requireShut();
  }
}
