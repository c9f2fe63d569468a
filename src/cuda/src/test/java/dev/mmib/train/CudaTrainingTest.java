package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.backend.Precision;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.cuda.CudaBackend;
import dev.mmib.cuda.natives.CudaNatives;
import dev.mmib.io.Json;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole trainings of a small model on the GPU. */
@Tag("gpu")
class CudaTrainingTest {

  @TempDir Path directory;
  private long replays;

  @BeforeEach
  void needsAGpu() {
    var reason = CudaNatives.unavailableBecause();
    reason.ifPresent(text -> System.out.println("SKIPPED, no GPU and no stand-in: " + text));
    Assumptions.assumeTrue(reason.isEmpty(), () -> reason.orElse(""));
  }

  private Path data(Task task) throws IOException {
    var data = directory.resolve("data");
    return task == Task.NER ? ToyData.ner(data, 24, 4) : ToyData.relations(data, 24, 4);
  }

  private static CudaBackend open(boolean graphs) {
    return new CudaBackend(new Device.Options(0, 1, Precision.FP32, graphs));
  }

  /** The loss of every step; nothing may be left on the device. */
  private List<Double> losses(Task task, Path data, Backend backend, String name)
      throws IOException {
    var out = directory.resolve(name);
    try (backend) {
      Trainer.of(ToyData.settings(task).set("epochs=3"), data).run(backend, out, Existing.REFUSE);
      assertEquals(0, backend.memory().liveBuffers(), "buffers left open");
      if (backend instanceof CudaBackend cuda) {
        replays = cuda.replays();
      }
    }
    var losses = new ArrayList<Double>();
    for (var line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
      var metrics = Json.parse(line, "metrics.jsonl").asObject();
      if (metrics.string("type").equals("step")) {
        losses.add(metrics.number("loss"));
      }
    }
    return losses;
  }

  /** Also, with and without graphs, bit for bit the same. */
  @ParameterizedTest
  @EnumSource
  void learnsAlongTheCurveOfTheCpu(Task task) throws IOException {
    var data = data(task);
    var expected = losses(task, data, new JavaBackend(2), "java");
    var plain = losses(task, data, open(false), "plain");
    assertEquals(0, replays);
    assertEquals(expected.size(), plain.size());
    for (int step = 0; step < expected.size(); step++) {
      double difference = Math.abs(expected.get(step) - plain.get(step));
      assertTrue(
          difference <= 2e-3 * Math.abs(expected.get(step)),
          "step " + step + ": " + plain.get(step) + " vs " + expected.get(step));
    }
    assertTrue(plain.get(plain.size() - 1) < plain.get(0), "the loss falls");
    assertEquals(plain, losses(task, data, open(true), "graphs"));
    assertTrue(replays > 0, "steps come again");
    assertArrayEquals(
        Files.readAllBytes(directory.resolve("plain/model/model.safetensors")),
        Files.readAllBytes(directory.resolve("graphs/model/model.safetensors")));
  }
}
