package dev.mmib.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Device;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.Task;
import dev.mmib.train.ProcessMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An extractor that is used for long, by many, and loaded again and again. */
class EnduranceTest {

  private static final int THREADS = 16;
  private static final int EXTRACTIONS = 500;
  private static final int CYCLES = 50;
  private static final int WARM = 10;
  private static final long HEAP = 16 << 20;
  private static final long OUTSIDE = 128 << 20;

  @TempDir Path models;

  @Test
  void sixteenThreadsTimesFiveHundredFindWhatOneFindsBitForBit() throws Exception {
    var ner = TinyModels.save(models.resolve("ner"), Task.NER, 3, c -> c.textOnly = true);
    try (var extractor = Extractor.load(ner, Device.auto())) {
      sameAsAlone(extractor);
    }
  }

  /** Takes minutes: {@code mvn test -Dmmib.excludedGroups= -Dtest=EnduranceTest}. */
  @ParameterizedTest
  @Tag("slow")
  @MethodSource("dev.mmib.predict.ExtractorTest#devices")
  void alsoWithPicturesOnEveryDevice(String device) throws Exception {
    var ner = TinyModels.save(models.resolve("ner"), Task.NER, 3);
    try (var extractor = Extractor.load(ner, Device.of(device))) {
      sameAsAlone(extractor);
    }
  }

  private static void sameAsAlone(Extractor extractor) throws Exception {
    var posts = TinyModels.posts(20);
    var alone = posts.stream().map(extractor::extract).toList();
    assertTrue(alone.stream().anyMatch(e -> !e.entities().isEmpty()), "nothing was found");
    var pool = Executors.newFixedThreadPool(THREADS);
    try {
      var running = new ArrayList<Future<Integer>>();
      for (int t = 0; t < THREADS; t++) {
        int first = t;
        Callable<Integer> all =
            () -> {
              int same = 0;
              for (int i = 0; i < EXTRACTIONS; i++) {
                int post = (first + i) % posts.size();
                assertEquals(alone.get(post), extractor.extract(posts.get(post)));
                same++;
              }
              return same;
            };
        running.add(pool.submit(all));
      }
      int same = 0;
      for (var thread : running) {
        same += thread.get();
      }
      assertEquals(THREADS * EXTRACTIONS, same);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void loadingAndClosingFiftyTimesLeavesNothingBehind() throws Exception {
    var directories =
        List.of(
            ModelDirectory.open(TinyModels.save(models.resolve("ner"), Task.NER, 3)),
            ModelDirectory.open(TinyModels.save(models.resolve("re"), Task.RE, 4)));
    var post = TinyModels.posts(1).get(0);
    Extraction first = null;
    ProcessMemory then = ProcessMemory.now();
    int threads = 0;
    long files = 0;
    for (int cycle = 1; cycle <= CYCLES; cycle++) {
      var backend = Device.auto().open();
      try (var extractor = Extractor.load(directories, backend)) {
        assertTrue(backend.memory().liveBytes() > 0);
        var found = extractor.extract(post);
        first = first == null ? found : first;
        assertEquals(first, found);
      }
      assertEquals(0, backend.memory().liveBuffers(), "live buffers in cycle " + cycle);
      assertEquals(0, backend.memory().liveBytes(), "live bytes in cycle " + cycle);
      if (cycle == WARM) {
        then = ProcessMemory.now();
        threads = threads();
        files = files();
      }
    }
    var now = ProcessMemory.now();
    assertTrue(now.heapGrownSince(then) < HEAP, "heap: " + then + ", " + now);
    assertTrue(now.outsideGrownSince(then) < OUTSIDE, "outside: " + then + ", " + now);
    // A few belong to the virtual machine and its compilers; a leak would be one a cycle.
    assertTrue(threads() < threads + (CYCLES - WARM) / 2, threads + " threads, now " + threads());
    assertTrue(files() < files + (CYCLES - WARM) / 2, files + " open files, now " + files());
  }

  private static int threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }

  /** Open files; 0 on systems that do not tell. */
  private static long files() throws IOException {
    var open = Path.of("/proc/self/fd");
    if (!Files.isDirectory(open)) {
      return 0;
    }
    try (var list = Files.list(open)) {
      return list.count();
    }
  }
}
