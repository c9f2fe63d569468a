package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccumulationTest {

  private static final int ROWS = 22; // the last step has fewer rows, its last batch fewer still

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "ner, alignment.kind=discriminator, 1",
    "ner, alignment.kind=infonce, 1",
    "ner, alignment.kind=none, 1",
    "ner, alignment.negatives=3, 1",
    "ner, alignment.learnTemperature=true, 1",
    "ner, classWeights=PER:3, 1",
    "re, alignment.kind=infonce, 1",
    "re, textOnly=true, 1",
    "ner, beta.alignment=0.3, 2",
  })
  void learnsFromSeveralBatchesWhatOneLargeBatchTeaches(String task, String setting, int epochs)
      throws IOException {
    var settings =
        without(task, epochs).set("refinement=false").set("alignment.pooling=mean").set(setting);
    var large = metrics(task, settings.set("batchSize=8"), "large");
    var small = metrics(task, settings.set("batchSize=3").set("accumulate=3"), "small");
    assertNotEquals(
        large.get(0).number("loss"), small.get(0).number("loss"), 1e-6, "9 rows a step, not 8");
    small = metrics(task, settings.set("batchSize=2").set("accumulate=4"), "even");
    assertEquals(large.size(), small.size());
    for (int i = 0; i < large.size(); i++) {
      for (var key : List.of("loss", "taskLoss", "alignment", "gradientNorm")) {
        double expected = large.get(i).number(key);
        assertEquals(expected, small.get(i).number(key), 2e-4 * Math.abs(expected) + 1e-6, key);
      }
      assertEquals(large.get(i).integer("rows"), small.get(i).integer("rows"));
    }
    double alignment = large.get(0).number("alignment");
    boolean aligned = !setting.contains("none") && !setting.contains("textOnly");
    assertTrue(aligned ? alignment > 0 : alignment == 0, "alignment " + alignment);
  }

  /** What noise does not reach: μ and σ before any step, with padding and missing pictures. */
  @Test
  void weighsDivergencesByTheirPositions() throws IOException {
    var settings = without("ner", 1).set("crops=2");
    var large = metrics("ner", settings.set("batchSize=8"), "large").get(0);
    var small = metrics("ner", settings.set("batchSize=3").set("accumulate=3"), "other").get(0);
    assertNotEquals(large.number("klText"), small.number("klText"), 1e-7, "other rows");
    small = metrics("ner", settings.set("batchSize=2").set("accumulate=4"), "small").get(0);
    for (var key : List.of("klText", "klImage")) {
      assertTrue(large.number(key) > 0);
      assertEquals(large.number(key), small.number(key), 1e-5 * large.number(key), key);
    }
  }

  private static Settings without(String task, int epochs) {
    return ToyData.settings(task.equals("ner") ? Task.NER : Task.RE)
        .set("epochs", Integer.toString(epochs))
        .set("dropout=0")
        .set("bert.dropout=0")
        .set("bert.attentionDropout=0")
        .set("image.frozen=true")
        .set("learningRate=1e-3");
  }

  private List<JsonObject> metrics(String task, Settings settings, String name) throws IOException {
    var data = directory.resolve("data");
    if (!Files.exists(data)) {
      if (task.equals("ner")) {
        ToyData.ner(data, ROWS, 4);
      } else {
        ToyData.relations(data, ROWS, 4);
      }
    }
    var out = directory.resolve(name);
    try (var backend = new JavaBackend(2)) {
      Trainer.of(settings, data).run(backend, out, Existing.REFUSE);
      assertEquals(0, backend.memory().liveBuffers());
    }
    return Files.readAllLines(out.resolve("metrics.jsonl")).stream()
        .map(line -> Json.parse(line, "metrics.jsonl").asObject())
        .filter(line -> line.string("type").equals("step"))
        .toList();
  }
}
