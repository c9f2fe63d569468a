package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.sizing.SizingBackend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.NerBatch;
import dev.mmib.data.Split;
import dev.mmib.model.Task;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.RandomState;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a step that is like the one before leaves for the collector. */
class SteadyStepTest {

  private static final int WARM_UP = 40;
  private static final int STEPS = 20;

  /** What a step may come to on a device. */
  private static final long MOST = 512 << 10;

  /** Of which kernels and reports have the rest. */
  private static final long MOST_ABOVE_KERNELS = 320 << 10;

  @TempDir Path directory;

  @Test
  void keepsWithinItsShareOfTheHeapAboveTheKernels() throws IOException {
    try (var device = new JavaBackend(1);
        var sizes = new SizingBackend(device)) {
      long bytes = bytesOfAStep(sizes);
      assertTrue(
          bytes > 0 && bytes <= MOST_ABOVE_KERNELS,
          bytes + " bytes of heap in a step vs " + MOST_ABOVE_KERNELS);
    }
  }

  @Test
  void keepsWithinItsShareOfTheHeapWithTheKernels() throws IOException {
    try (var device = Device.of("cpu").withThreads(2).open()) {
      long bytes = bytesOfAStep(device);
      assertTrue(bytes > 0 && bytes <= MOST, bytes + " bytes of heap in a step vs " + MOST);
    }
  }

  /** The fewest that one of many steps took; every step leaves as many tensors as it found. */
  @SuppressWarnings("unchecked") // the rows of an NER model have its batches
  private long bytesOfAStep(Backend device) throws IOException {
    var settings =
        ToyData.settings(Task.NER)
            .set("bert.layers=12")
            .set("crops=4")
            .set("image.encoder=resnet50") // of which a batch has 8 · 5 · 2048 features
            .set("image.frozen=true");
    var found =
        TrainingData.forTraining(
            DataDirectory.open(ToyData.ner(directory, 8, 1)),
            Task.NER,
            settings.config().rows(),
            1);
    var design = ModelSource.RANDOM.design(settings.config(), Set.of(), found);
    try (var model = design.model(device, Weights.random(1));
        var optimizer = Groups.optimizer(model, settings.config());
        var pictures = new Pictures(model, RowSettings.MissingImages.ZERO, 1)) {
      assertTrue(model.hasConstantImageFeatures());
      var rows = (TaskRows<NerBatch>) found.rows(Split.TRAIN, model, design.tokenizer());
      var all = IntStream.range(0, rows.size()).toArray();
      var ready = new Batches.Ready<>(all, rows.batch(all), pictures.blank(all.length));
      var stepper =
          new Stepper<>(rows, pictures, settings.config(), optimizer, new RandomState(1, 0), 0);
      for (int step = 1; step <= WARM_UP; step++) {
        assertFalse(stepper.step(List.of(ready), step, 1).skipped());
      }
      var before = device.memory();
      long least = Long.MAX_VALUE;
      for (int step = WARM_UP + 1; step <= WARM_UP + STEPS; step++) {
        long bytes = allocated();
        stepper.step(List.of(ready), step, 1);
        least = Math.min(least, allocated() - bytes);
        assertEquals(before.liveBytes(), device.memory().liveBytes(), "step " + step);
        assertEquals(before.liveBuffers(), device.memory().liveBuffers(), "step " + step);
      }
      return least;
    }
  }

  /** By this thread and those of the device so far; exact. */
  private static long allocated() {
    var bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = bean.getThreadAllocatedBytes(Thread.currentThread().getId());
    for (var thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("mmib-worker")) {
        bytes += bean.getThreadAllocatedBytes(thread.getId());
      }
    }
    return bytes;
  }
}
