package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.backend.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HugePagesTest {

  private static final int MEGABYTE_OF_FLOATS = 1 << 18;

  /** The flags of the mapping in which an address lies, as in {@code man proc_pid_smaps}. */
  private static String flags(long address) throws IOException {
    boolean here = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        var borders = line.substring(0, line.indexOf(' ')).split("-", -1);
        here =
            Long.parseUnsignedLong(borders[0], 16) <= address
                && address < Long.parseUnsignedLong(borders[1], 16);
      } else if (here && line.startsWith("VmFlags:")) {
        return line + " ";
      }
    }
    throw new AssertionError("no mapping of " + Long.toHexString(address));
  }

  private static void assumeLinuxHasThem() {
    assumeTrue(Files.exists(Path.of("/sys/kernel/mm/transparent_hugepage/enabled")));
  }

  @Test
  void askForLargeBlocksFromTheirFirstHugePageToTheirLast() throws IOException {
    assumeLinuxHasThem();
    try (var memory = new OffHeapMemory();
        var buffer = memory.allocate(DType.F32, 5 * MEGABYTE_OF_FLOATS)) {
      long start = buffer.pointer().address();
      assertEquals(0, start % HugePages.SIZE);
      assertTrue(flags(start).contains(" hg "), flags(start));
      assertTrue(flags(start + 2L * HugePages.SIZE - 1).contains(" hg "));
    }
  }

  @Test
  void leaveSmallBlocksAlone() {
    assertEquals(OffHeapMemory.ALIGNMENT, HugePages.alignment(HugePages.SIZE - 1));
  }

  @Test
  void holdNumbersLikeOthers() {
    try (var memory = new OffHeapMemory();
        var buffer = memory.allocate(DType.F32, 5 * MEGABYTE_OF_FLOATS)) {
      var numbers = buffer.floats();
      for (int i = 0; i < numbers.capacity(); i += 1023) {
        numbers.put(i, i);
      }
      for (int i = 0; i < numbers.capacity(); i += 1023) {
        assertEquals(i, numbers.get(i));
      }
    }
  }
}
