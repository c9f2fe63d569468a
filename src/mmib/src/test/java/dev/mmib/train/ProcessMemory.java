package dev.mmib.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the process holds: heap in use after collecting it, and memory outside of the heap.
 *
 * <p>How much of the heap is resident lies between what is used and what is committed. Outside of
 * it is therefore what is resident less the one before, and less the other after: growth of the
 * heap is never mistaken for a leak.
 */
public record ProcessMemory(long heapUsed, long outsideAtMost, long outsideAtLeast) {

  private static final Path STATUS = Path.of("/proc/self/status");

  /** Collects garbage, then looks. */
  public static ProcessMemory now() throws IOException {
    var runtime = Runtime.getRuntime();
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 4; i++) {
      System.gc();
      used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
    }
    long resident = resident();
    return new ProcessMemory(used, resident - used, Math.max(0, resident - runtime.totalMemory()));
  }

  /** How much more heap is in use now than then. */
  public long heapGrownSince(ProcessMemory before) {
    return heapUsed - before.heapUsed;
  }

  /** What outside of the heap has certainly grown. */
  public long outsideGrownSince(ProcessMemory before) {
    return outsideAtLeast - before.outsideAtMost;
  }

  /** The most that was ever resident, in bytes; 0 on systems that do not tell. */
  public static long peak() throws IOException {
    return status("VmHWM:");
  }

  /** Resident bytes; 0 on systems that do not tell. */
  private static long resident() throws IOException {
    return status("VmRSS:");
  }

  private static long status(String field) throws IOException {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith(field))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElse(0);
  }
}
