package dev.mmib.fault;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.function.Executable;

/** What reading an input costs the process: memory, and files that stay open. */
public final class Cost {

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  private Cost() {}

  /** The bytes of the heap that a call allocates on this thread, all of them added up. */
  public static long allocated(Executable call) throws Throwable {
    if (!(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads)) {
      throw new IllegalStateException("this Java does not count what threads allocate");
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    call.execute();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  /** Whether this process has the file open; false on systems that do not tell. */
  public static boolean isOpen(Path file) throws IOException {
    if (!Files.isDirectory(DESCRIPTORS)) {
      return false;
    }
    var real = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    try (var all = Files.list(DESCRIPTORS)) {
      return all.anyMatch(descriptor -> leadsTo(descriptor, real));
    }
  }

  private static boolean leadsTo(Path descriptor, Path file) {
    try {
      return Files.readSymbolicLink(descriptor).equals(file);
    } catch (IOException e) {
      return false; // closed meanwhile, such as that of the listing itself
    }
  }
}
