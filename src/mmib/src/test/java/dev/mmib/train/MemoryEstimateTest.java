package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.DataDirectory;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.golden.Backends;
import dev.mmib.io.Json;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryEstimateTest {

  @TempDir Path directory;
  private Path data;

  @BeforeEach
  void paths() {
    data = directory.resolve("data");
  }

  private static Settings with(Task task, String settings) {
    var all = ToyData.settings(task).set("epochs=1");
    for (var setting : settings.split(" ")) {
      if (!setting.isEmpty()) {
        all.set(setting);
      }
    }
    return all;
  }

  private MemoryEstimate estimate(Backend backend, Settings settings) {
    var config = settings.config();
    var found =
        TrainingData.forTraining(
            DataDirectory.open(data), config.model().task(), config.rows(), config.seed());
    return DryRun.of(backend, ModelSource.RANDOM.design(config, settings.explicit(), found));
  }

  private void assertIsThePeak(Settings settings) {
    try (var backend = new JavaBackend(2)) {
      var estimate = estimate(backend, settings);
      assertEquals(0, backend.memory().peakBytes(), "the dry run touches no device");
      Trainer.of(settings, data).run(backend, directory.resolve("out"), Existing.OVERWRITE);
      long peak = backend.memory().peakBytes();
      assertTrue(
          Math.abs(estimate.tensors() - peak) <= 0.01 * peak,
          "estimated " + estimate + ", tensors " + estimate.tensors() + ", peak " + peak);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "clip=0.001",
        "textOnly=true batchSize=16",
        "image.frozen=true",
        "fidelity=reference image.frozen=true",
        "alignment.kind=infonce fusion=concat batchSize=5",
        "accumulate=3 batchSize=4"
      })
  void isThePeakOfTrainingToFindEntities(String settings) throws IOException {
    ToyData.ner(data, 24, 8);
    assertIsThePeak(with(Task.NER, settings));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "textOnly=true", "image.frozen=true crops=2", "accumulate=2"})
  void isThePeakOfTrainingToTellRelations(String settings) throws IOException {
    ToyData.relations(data, 24, 8);
    assertIsThePeak(with(Task.RE, settings));
  }

  /** What devices need beside tensors is bounded, not known. */
  @ParameterizedTest
  @ValueSource(strings = {"image.frozen=true crops=1", "textOnly=true bert.hidden=60 batchSize=7"})
  void coversWhatEachDeviceTakes(String settings) throws IOException {
    ToyData.ner(data, 24, 8);
    for (var device : Backends.present()) {
      try (var backend = Device.of(device.name()).withThreads(2).open()) {
        var estimate = estimate(backend, with(Task.NER, settings));
        Trainer.of(with(Task.NER, settings), data)
            .run(backend, directory.resolve("out"), Existing.OVERWRITE);
        long peak = backend.memory().peakBytes();
        assertTrue(
            peak <= estimate.tensors() + estimate.device()
                && estimate.tensors() + estimate.device() <= 1.15 * peak,
            backend.name() + ": " + estimate + ", peak " + peak);
      }
    }
  }

  @Test
  void knowsThatScoringNeedsLessThanTraining() throws IOException {
    ToyData.ner(data, 24, 8);
    try (var backend = new JavaBackend(1)) {
      var scoring = estimate(backend, with(Task.NER, "epochs=0"));
      assertEquals(0, scoring.gradients() + scoring.optimizer());
      assertTrue(scoring.tensors() < estimate(backend, with(Task.NER, "")).tensors() / 2);
    }
  }

  @Test
  void isSmallerForPartsOfABatch() throws IOException {
    ToyData.ner(data, 64, 8);
    try (var backend = new JavaBackend(1)) {
      var whole = estimate(backend, with(Task.NER, "batchSize=64"));
      var parts = estimate(backend, with(Task.NER, "batchSize=4 accumulate=16"));
      assertTrue(parts.tensors() < whole.tensors() / 2, parts + " vs " + whole);
    }
  }

  @Test
  void refusesWhatDoesNotFitWithAChangeThatDoes() throws IOException {
    ToyData.ner(data, 64, 8);
    try (var backend = new JavaBackend(2)) {
      var settings = with(Task.NER, "batchSize=64 cacheMegabytes=0 memoryMegabytes=12");
      var e = refused(backend, settings);
      assertTrue(
          e.what().matches("training needs \\d+ MiB on java, 12 MiB are there"), e.getMessage());
      var change = Pattern.compile("`--set (\\S+) --set (\\S+)`").matcher(e.hint());
      assertTrue(change.find(), e.hint());
      var smaller = with(Task.NER, "batchSize=64 cacheMegabytes=0 memoryMegabytes=12");
      smaller.set(change.group(1)).set(change.group(2));
      assertEquals(64, smaller.config().batchSize() * smaller.config().accumulate());
      Trainer.of(smaller, data).run(backend, directory.resolve("fits"), Existing.REFUSE);
      assertTrue(backend.memory().peakBytes() < 12 << 20);
    }
  }

  private MmibException refused(Backend backend, Settings settings) {
    var out = directory.resolve("refused");
    var e =
        assertThrows(
            MmibException.class,
            () -> Trainer.of(settings, data).run(backend, out, Existing.REFUSE));
    assertEquals(ErrorCode.OUT_OF_MEMORY, e.code());
    assertEquals(0, backend.memory().peakBytes(), "refused before any weight was read");
    return e;
  }

  @Test
  void saysWhenNothingFits() throws IOException {
    ToyData.ner(data, 16, 4);
    try (var backend = new JavaBackend(1)) {
      var e = refused(backend, with(Task.NER, "bert.hidden=96 memoryMegabytes=1"));
      assertTrue(e.hint().startsWith("Neither "), e.hint());
    }
  }

  @Test
  void proposesToForgetPicturesBeforeAnythingElse() throws IOException {
    ToyData.ner(data, 600, 4);
    try (var backend = new JavaBackend(1)) {
      var e = refused(backend, with(Task.NER, "memoryMegabytes=10"));
      assertTrue(
          e.hint().startsWith("Add `--set cacheMegabytes=0`, which fits, or "), e.getMessage());
    }
  }

  @Test
  void isWrittenBesideTheMetrics() throws IOException {
    ToyData.ner(data, 16, 4);
    var out = directory.resolve("out");
    try (var backend = new JavaBackend(1)) {
      Trainer.of(with(Task.NER, ""), data).run(backend, out, Existing.REFUSE);
    }
    var json = Json.parse(Files.readString(out.resolve("memory.json")), "memory.json").asObject();
    assertEquals(
        Set.of(
            "parameters",
            "gradients",
            "optimizer",
            "activations",
            "device",
            "pictures",
            "data",
            "total",
            "limit"),
        Set.copyOf(json.keys()));
    assertTrue(json.longInteger("total") < json.longInteger("limit"));
  }
}
