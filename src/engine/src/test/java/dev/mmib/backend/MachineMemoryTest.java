package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineMemoryTest {

  @TempDir Path root;

  private void file(String path, String text) throws IOException {
    var file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void machineOf8000Kilobytes() throws IOException {
    file("proc/meminfo", "MemTotal:  16000 kB\nMemFree:     10 kB\nMemAvailable:   8000 kB\n");
  }

  private long available() {
    return new MachineMemory(root).available();
  }

  @Test
  void countsTheCacheOfFilesAsAvailable() throws IOException {
    machineOf8000Kilobytes();
    assertEquals(8000 * 1024, available());
  }

  @Test
  void knowsTheLimitOfAContainer() throws IOException {
    machineOf8000Kilobytes();
    file("proc/self/cgroup", "0::/\n");
    file("sys/fs/cgroup/memory.max", "5000000\n");
    file("sys/fs/cgroup/memory.current", "4000000\n");
    file("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 300000\nactive_file 7\n");
    assertEquals(5000000 - 4000000 + 300000, available());
  }

  @Test
  void takesTheTightestOfNestedGroups() throws IOException {
    machineOf8000Kilobytes();
    file("proc/self/cgroup", "0::/user.slice/job\n");
    file("sys/fs/cgroup/user.slice/job/memory.max", "max\n");
    file("sys/fs/cgroup/user.slice/job/memory.current", "1000\n");
    file("sys/fs/cgroup/user.slice/memory.max", "2000000\n");
    file("sys/fs/cgroup/user.slice/memory.current", "500000\n");
    assertEquals(1500000, available());
  }

  @Test
  void knowsTheOlderGeneration() throws IOException {
    machineOf8000Kilobytes();
    file("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n");
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", "3000000\n"); // seen from inside
    file("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000000\n");
    file("sys/fs/cgroup/memory/memory.stat", "cache 9\ntotal_inactive_file 4096\n");
    assertEquals(2004096, available());
  }

  @Test
  void isNotMisledByGroupsWithoutALimitOrWithTheirNames() throws IOException {
    machineOf8000Kilobytes();
    file("proc/self/cgroup", "4:memory:/../../..\nnonsense\n");
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    file("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000000\n");
    assertEquals(8000 * 1024, available());
  }

  @Test
  void looksAtItsOwnMountWhenThePathIsOfAnotherNamespace() throws IOException {
    machineOf8000Kilobytes();
    file("proc/self/cgroup", "0::/../../other\n");
    file("sys/fs/cgroup/memory.max", "5000\n");
    file("sys/fs/cgroup/memory.current", "6000\n");
    assertEquals(0, available());
  }

  @Test
  void asksTheJdkWhereTheKernelSaysNothing() {
    assertTrue(available() > 0);
  }

  @Test
  void knowsWhatTheHeapCanStillTake() {
    long heap = MachineMemory.availableHeap();
    assertTrue(heap > 0 && heap <= Runtime.getRuntime().maxMemory(), "heap " + heap);
  }
}
