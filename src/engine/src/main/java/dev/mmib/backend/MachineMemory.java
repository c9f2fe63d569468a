package dev.mmib.backend;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the machine or the container, and Java's heap, can still give.
 *
 * <p>On Linux what the kernel would give up when asked counts as available, above all the cache of
 * files: the JDK tells only of memory that nobody uses, which on a machine that has run for a while
 * is next to nothing.
 *
 * @param root where {@code proc} and {@code sys} are
 */
public record MachineMemory(Path root) {

  private static final Logger LOG = LoggerFactory.getLogger(MachineMemory.class);

  /** Half of the smallest region that G1 makes. */
  private static final long NEVER_ALONE = 512 << 10;

  /** The regions of this Java's heap: asking for them takes milliseconds of a start. */
  private static final class Region {
    /** Bytes of a region of G1's heap; 0 with another collector. */
    private static final long BYTES = region();
  }

  /** The names of one generation of control groups. */
  private record Generation(String mount, String limit, String usage, String reclaimable) {}

  private static final Generation V1 =
      new Generation(
          "sys/fs/cgroup/memory",
          "memory.limit_in_bytes",
          "memory.usage_in_bytes",
          "total_inactive_file");
  private static final Generation V2 =
      new Generation("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file");

  /** The machine that this runs on. */
  public static MachineMemory here() {
    return new MachineMemory(Path.of("/"));
  }

  /**
   * Bytes that Java's heap can still take, garbage counted as taken; a tenth of it is the
   * collector's, to move objects to.
   */
  public static long availableHeap() {
    var runtime = Runtime.getRuntime();
    return runtime.maxMemory() / 10 * 9 - (runtime.totalMemory() - runtime.freeMemory());
  }

  /**
   * What an array of so many bytes takes of the heap: G1 gives one that is larger than half a
   * region whole regions of its own.
   */
  public static long inRegions(long array) {
    if (array < NEVER_ALONE) {
      return array;
    }
    long region = Region.BYTES;
    return region > 0 && array >= region / 2 ? (array + region - 1) / region * region : array;
  }

  private static long region() {
    var machine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    try {
      boolean isG1 = machine != null && machine.getVMOption("UseG1GC").getValue().equals("true");
      return isG1 ? Long.parseLong(machine.getVMOption("G1HeapRegionSize").getValue()) : 0;
    } catch (IllegalArgumentException e) {
      LOG.debug("this Java tells nothing of regions: {}", e.toString());
      return 0;
    }
  }

  /** Bytes that this process can still take. */
  public long available() {
    var machine = value(root.resolve("proc/meminfo"), "MemAvailable:");
    if (machine.isEmpty()) {
      return byTheJdk();
    }
    long least = machine.getAsLong() * 1024; // it says kB
    for (var line : lines(root.resolve("proc/self/cgroup"))) {
      // hierarchy:controllers:path
      var parts = line.split(":", 3);
      if (parts.length == 3 && parts[0].equals("0") && parts[1].isEmpty()) {
        least = Math.min(least, inGroup(V2, parts[2]));
      } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
        least = Math.min(least, inGroup(V1, parts[2]));
      }
    }
    return Math.max(0, least);
  }

  /** The tightest of a group and those around it; inside a container its own is the topmost. */
  private long inGroup(Generation names, String path) {
    long least = Long.MAX_VALUE;
    var mount = root.resolve(names.mount);
    var own = mount.resolve(path.replaceFirst("^/+", "")).normalize();
    // A path that leads out of what is mounted here is one of another namespace.
    for (@Nullable Path group = own.startsWith(mount) ? own : mount;
        group != null && group.startsWith(mount);
        group = group.getParent()) {
      var limit = value(group.resolve(names.limit), "");
      var usage = value(group.resolve(names.usage), "");
      if (limit.isPresent() && usage.isPresent()) {
        long cached = value(group.resolve("memory.stat"), names.reclaimable + " ").orElse(0);
        least = Math.min(least, limit.getAsLong() - usage.getAsLong() + cached);
      }
    }
    return least;
  }

  /** The first number after {@code label} in a file of labelled lines; empty without one. */
  private static OptionalLong value(Path file, String label) {
    for (var line : lines(file)) {
      if (line.startsWith(label)) {
        var number = line.substring(label.length()).strip().split(" ", 2)[0];
        // "max" is no limit; 18 digits are more memory than there is, and fit into a long.
        return number.matches("\\d{1,18}")
            ? OptionalLong.of(Long.parseLong(number))
            : OptionalLong.empty();
      }
    }
    return OptionalLong.empty();
  }

  private static List<String> lines(Path file) {
    if (!Files.isReadable(file)) {
      return List.of();
    }
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      LOG.debug("{} tells nothing of memory: {}", file, e.toString());
      return List.of();
    }
  }

  /** Free memory, or half of all where a system keeps no memory free on principle. */
  private static long byTheJdk() {
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      return Math.max(system.getFreeMemorySize(), system.getTotalMemorySize() / 2);
    }
    return Long.MAX_VALUE;
  }
}
