package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {

  private final Backend backend = new JavaBackend(2);

  @TempDir Path directory;
  private Path data;
  private Path out;

  @BeforeEach
  void paths() {
    data = directory.resolve("data");
    out = directory.resolve("out");
  }

  @AfterEach
  void close() {
    assertEquals(0, backend.memory().liveBuffers(), "buffers left open");
    backend.close();
  }

  @Test
  void learnsEntities() throws IOException {
    ToyData.ner(data, 96, 24);
    var result = Trainer.of(ToyData.settings(Task.NER), data).run(backend, out, Existing.REFUSE);
    var test = Objects.requireNonNull(result.test());
    assertTrue(test.f1() > 0.9, "test F1 " + test);
    assertTrue(result.dev().f1() > 0.9, "dev F1 " + result.dev());
    assertEquals(4, result.epochs());
    assertEquals(48 + 12 + 12, result.missingImages(), "every other post has no picture");
    for (var name :
        List.of("metrics.jsonl", "loss.png", "score.png", "training.json", "model/config.json")) {
      assertTrue(Files.size(out.resolve(name)) > 0, name);
    }
    var lines = metrics(out);
    assertEquals(4 * 12, lines.stream().filter(l -> l.string("type").equals("step")).count());
    assertEquals(4, lines.stream().filter(l -> l.string("type").equals("epoch")).count());
    assertTrue(
        lines.get(0).number("loss") > 2 * lines.get(4 * 12 + 2).number("loss"), "the loss falls");
  }

  @Test
  void learnsRelations() throws IOException {
    ToyData.relations(data, 120, 30);
    var result =
        Trainer.of(ToyData.settings(Task.RE).set("epochs=8"), data)
            .run(backend, out, Existing.REFUSE);
    assertTrue(Objects.requireNonNull(result.test()).f1() > 0.8, "test F1 " + result.test());
    assertEquals(0, result.missingImages());
    assertEquals("re", result.toJson().string("task"));
  }

  @Test
  void givesTheSameMetricsForTheSameSeedBitForBit() throws IOException {
    ToyData.ner(data, 24, 8);
    var first = trained("a", 1);
    assertEquals(first, trained("b", 1));
    assertArrayEquals(
        Files.readAllBytes(directory.resolve("a/model/model.safetensors")),
        Files.readAllBytes(directory.resolve("b/model/model.safetensors")));
    assertNotEquals(first, trained("c", 2));
  }

  private List<String> trained(String name, long seed) throws IOException {
    var settings = ToyData.settings(Task.NER).set("epochs=2").set("seed", Long.toString(seed));
    Trainer.of(settings, data).run(backend, directory.resolve(name), Existing.REFUSE);
    var lines = new ArrayList<String>();
    for (var line : metrics(directory.resolve(name))) {
      var kept = new JsonObject();
      line.members()
          .forEach(
              (key, value) -> {
                // Times differ from run to run; the peak also counts what ran before.
                if (!List.of("seconds", "postsPerSecond", "backendBytes", "heapBytes")
                    .contains(key)) {
                  kept.put(key, value);
                }
              });
      lines.add(kept.toString());
    }
    return lines;
  }

  @Test
  void doesNotGrowOverTwoHundredSteps() throws IOException {
    ToyData.ner(data, 40, 4);
    var live = new ArrayList<Long>();
    var listener =
        new TrainingListener() {
          @Override
          public void scored(EpochReport report) {
            live.add(backend.memory().liveBytes());
          }
        };
    var settings = ToyData.settings(Task.NER).set("epochs=20").set("batchSize=4");
    Trainer.of(settings, data).listener(listener).run(backend, out, Existing.REFUSE);
    assertEquals(20, live.size());
    assertEquals(live.get(0), live.get(19), "live bytes after each epoch: " + live);
  }

  @Test
  void onlyScoresWithZeroEpochs() throws IOException {
    ToyData.ner(data, 8, 4);
    var result =
        Trainer.of(ToyData.settings(Task.NER).set("epochs=0"), data)
            .run(backend, out, Existing.REFUSE);
    assertEquals(0, result.epochs());
    assertEquals(0, result.bestEpoch());
    assertTrue(Files.exists(result.model().resolve("model.safetensors")));
  }

  @Test
  void savesWhatItHasWhenStoppedWithinTheFirstEpoch() throws IOException {
    ToyData.ner(data, 40, 4);
    var steps = new AtomicInteger();
    var listener =
        new TrainingListener() {
          @Override
          public void stepped(StepReport report) {
            steps.incrementAndGet();
          }
        };
    var result =
        Trainer.of(ToyData.settings(Task.NER), data)
            .listener(listener)
            .stopWhen(() -> steps.get() == 2)
            .run(backend, out, Existing.REFUSE);
    assertTrue(result.interrupted());
    assertEquals(2, steps.get());
    assertTrue(Files.exists(result.model().resolve("config.json")));
  }

  @Test
  void startsFromATrainedModelWithOtherLabels() throws IOException {
    ToyData.ner(data, 48, 8);
    var first = Trainer.of(ToyData.settings(Task.NER), data).run(backend, out, Existing.REFUSE);
    var relations = ToyData.relations(directory.resolve("re"), 24, 8);
    var second =
        Trainer.of(ToyData.settings(Task.RE).set("epochs=1"), relations)
            .from(new ModelSource(null, null, first.model()))
            .run(backend, directory.resolve("second"), Existing.REFUSE);
    assertNotNull(second.test());
  }

  @Test
  void whatAModelKnewItKnowsBeforeItLearnsMore() throws IOException {
    ToyData.ner(data, 96, 24);
    var first = Trainer.of(ToyData.settings(Task.NER), data).run(backend, out, Existing.REFUSE);
    for (var split : List.of("train", "valid", "test")) {
      var more = directory.resolve("more");
      Files.createDirectories(more.resolve("images"));
      var text = Files.readString(data.resolve(split + ".txt"));
      Files.writeString(more.resolve(split + ".txt"), "IMGID:x\ngene\tB-GENE\n\n" + text);
    }
    var second =
        Trainer.of(ToyData.settings(Task.NER).set("epochs=0"), directory.resolve("more"))
            .from(new ModelSource(null, null, first.model()))
            .run(backend, directory.resolve("second"), Existing.REFUSE);
    // Without the pictures and a type more, but PER and LOC are known by name.
    assertTrue(second.dev().f1() > 0.8, "dev F1 " + second.dev());
  }

  @Test
  void stopsWithANameAndRowsWhenTheLossIsNotFinite() throws IOException {
    ToyData.ner(data, 16, 4);
    var settings = ToyData.settings(Task.NER).set("beta.text=1e300");
    var e =
        assertThrows(
            MmibException.class,
            () -> Trainer.of(settings, data).run(backend, out, Existing.REFUSE));
    assertEquals(ErrorCode.NOT_FINITE, e.code());
    assertTrue(e.what().startsWith("step 1 at ") && e.what().contains("train.txt"), e.getMessage());
  }

  @Test
  void refusesMissingPicturesWhenAskedTo() throws IOException {
    ToyData.ner(data, 8, 4);
    var settings = ToyData.settings(Task.NER).set("missingImages=fail");
    var e =
        assertThrows(
            MmibException.class,
            () -> Trainer.of(settings, data).run(backend, out, Existing.REFUSE));
    assertEquals(ErrorCode.IMAGE_MISSING, e.code());
  }

  @Test
  void refusesADirectoryThatIsNotEmptyAndOverwritesWhenTold() throws IOException {
    ToyData.ner(data, 8, 4);
    Files.createDirectories(out);
    Files.writeString(out.resolve("notes.txt"), "mine");
    var trainer = Trainer.of(ToyData.settings(Task.NER).set("epochs=1"), data);
    var e = assertThrows(MmibException.class, () -> trainer.run(backend, out, Existing.REFUSE));
    assertEquals(ErrorCode.OUTPUT_EXISTS, e.code());
    trainer.run(backend, out, Existing.OVERWRITE);
    assertEquals("mine", Files.readString(out.resolve("notes.txt")));
  }

  private static List<JsonObject> metrics(Path out) throws IOException {
    return Files.readAllLines(out.resolve("metrics.jsonl")).stream()
        .map(line -> Json.parse(line, "metrics.jsonl").asObject())
        .toList();
  }
}
