package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.model.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training that goes on holds what it held near its beginning, on and off the heap. */
class ThousandStepsTest {

  private static final int STEPS = 1000;
  private static final int WARM = 250;
  private static final long HEAP = 16 << 20;
  private static final long OUTSIDE = 128 << 20;

  @TempDir Path directory;

  /** What is live between two steps, exactly, and what the process holds twice. */
  private static final class Watch implements TrainingListener {
    private final Backend backend;
    private final TreeSet<Long> peaks = new TreeSet<>();
    private final List<Long> betweenEpochs = new ArrayList<>();
    private final List<ProcessMemory> process = new ArrayList<>();
    private int steps;

    Watch(Backend backend) {
      this.backend = backend;
    }

    @Override
    public void stepped(StepReport report) {
      steps++;
      if (steps > WARM) {
        peaks.add(backend.memory().peakBytes());
      }
      if (steps == WARM || steps == STEPS) {
        try {
          process.add(ProcessMemory.now());
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }

    @Override
    public void scored(EpochReport report) {
      betweenEpochs.add(backend.memory().liveBytes());
      betweenEpochs.add((long) backend.memory().liveBuffers());
    }
  }

  @Test
  void leaveNothingBehind() throws IOException {
    ToyData.ner(directory.resolve("data"), STEPS, 4);
    var settings = ToyData.settings(Task.NER).set("epochs=4").set("batchSize=4");
    settings.set("textOnly=true");
    try (var backend = Device.auto().open()) {
      var watch = new Watch(backend);
      Trainer.of(settings, directory.resolve("data"))
          .listener(watch)
          .run(backend, directory.resolve("out"), Existing.REFUSE);
      assertEquals(STEPS, watch.steps);
      assertEquals(1, watch.peaks.size(), "peaks of later steps: " + watch.peaks);
      for (int i = 2; i < watch.betweenEpochs.size(); i++) {
        assertEquals(watch.betweenEpochs.get(i % 2), watch.betweenEpochs.get(i), "after an epoch");
      }
      var then = watch.process.get(0);
      var now = watch.process.get(1);
      assertTrue(now.heapGrownSince(then) < HEAP, "heap: " + then + ", " + now);
      assertTrue(now.outsideGrownSince(then) < OUTSIDE, "outside: " + then + ", " + now);
      assertEquals(0, backend.memory().liveBuffers(), "live buffers at the end");
    }
  }
}
