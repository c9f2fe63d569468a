package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.golden.Backends;
import dev.mmib.io.Json;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResumeTest {

  private static final int ROWS = 40;

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

  /** Stopped after each of two steps, which are within, at and beyond the ends of epochs. */
  @ParameterizedTest(name = "{0} after {1} and {2} steps, {3}")
  @CsvSource({
    "ner, 1, 2, seed=1",
    "ner, 5, 9, seed=1",
    "ner, 3, 12, image.frozen=true",
    "ner, 2, 4, accumulate=2",
    "ner, 4, 7, patience=1",
    "re, 2, 6, clip=0.5",
    "re, 5, 8, sample=0.8",
    "re, 3, 6, fidelity=reference",
    "ner, 3, 6, classWeights=balanced",
    "ner, 3, 6, alignment.kind=infonce",
  })
  void endsBitForBitAsATrainingThatWasNeverStopped(
      String task, int first, int second, String setting) throws IOException {
    boolean ner = task.equals("ner");
    if (ner) {
      ToyData.ner(data, ROWS, 8);
    } else {
      ToyData.relations(data, ROWS, 8);
    }
    var settings = settings(ner ? Task.NER : Task.RE).set(setting);
    var whole = directory.resolve("whole");
    var expected = trainer(settings, Integer.MAX_VALUE).run(backend, whole, Existing.REFUSE);
    assertTrue(trainer(settings, first).run(backend, out, Existing.REFUSE).interrupted());
    trainer(settings, second - first).run(backend, out, Existing.RESUME);
    var result = trainer(settings, Integer.MAX_VALUE).run(backend, out, Existing.RESUME);
    assertEquals(expected.test(), result.test());
    assertEquals(expected.bestEpoch(), result.bestEpoch());
    assertEquals(expected.missingImages(), result.missingImages());
    SameTraining.require(whole, out);
  }

  @Test
  void endsBitForBitOnEveryDeviceWithFeaturesOfAFrozenEncoder() throws IOException {
    ToyData.ner(data, ROWS, 8);
    var settings = settings(Task.NER).set("image.frozen=true").set("featureCache=none");
    for (var device : Backends.present()) {
      var whole = directory.resolve(device.name() + "-whole");
      var stopped = directory.resolve(device.name());
      trainer(settings, Integer.MAX_VALUE).run(device, whole, Existing.REFUSE);
      trainer(settings, 7).run(device, stopped, Existing.REFUSE);
      trainer(settings, Integer.MAX_VALUE).run(device, stopped, Existing.RESUME);
      SameTraining.require(whole, stopped);
    }
  }

  @Test
  void goesOnFromTheCheckpointBeforeOneThatIsDamaged() throws IOException {
    ToyData.ner(data, ROWS, 8);
    var settings = settings(Task.NER).set("checkpointSteps=1");
    var whole = directory.resolve("whole");
    trainer(settings, Integer.MAX_VALUE).run(backend, whole, Existing.REFUSE);
    trainer(settings, 4).run(backend, out, Existing.REFUSE);
    var newest = Checkpoints.newest(out);
    assertEquals(4, newest.step());
    var weights = Files.readAllBytes(newest.file("model.safetensors"));
    weights[weights.length - 1] ^= 1;
    Files.write(newest.file("model.safetensors"), weights);
    assertEquals(3, Checkpoints.newest(out).step());
    trainer(settings, Integer.MAX_VALUE).run(backend, out, Existing.RESUME);
    SameTraining.require(whole, out);
  }

  @Test
  void takesWhatIsNotGivenFromTheCheckpoint() throws IOException {
    ToyData.ner(data, ROWS, 8);
    trainer(settings(Task.NER).set("learningRate=2e-3").set("sample=0.5"), 2)
        .run(backend, out, Existing.REFUSE);
    var result = Trainer.of(new Settings(Task.NER), data).run(backend, out, Existing.RESUME);
    assertFalse(result.interrupted());
    var config = Json.read(out.resolve("training.json"), ErrorCode.CONFIG).asObject();
    assertEquals(2e-3, config.number("learningRate"));
    assertEquals(0.5, config.number("sample"));
  }

  @Test
  void refusesAnotherConfigurationByNameUnlessForced() throws IOException {
    ToyData.ner(data, ROWS, 8);
    trainer(settings(Task.NER), 2).run(backend, out, Existing.REFUSE);
    var other = settings(Task.NER).set("batchSize=4").set("beta.text=0.5").set("checkpointSteps=3");
    var e = refused(Trainer.of(other, data));
    assertEquals(ErrorCode.CHECKPOINT_DIFFERS, e.code());
    assertTrue(e.what().contains("batchSize was 8 and is 4"), e.what());
    assertTrue(e.what().contains("beta.text was 1.0 and is 0.5"), e.what());
    assertFalse(e.what().contains("checkpointSteps"), "which changes nothing that comes out");
    var result = Trainer.of(other, data).run(backend, out, Existing.RESUME_DIFFERENT);
    assertEquals(3, result.epochs());
    var config = ModelDirectory.open(Checkpoints.newest(out).directory()).config();
    assertEquals(0.5, config.beta().text(), "settings of the model change too");
  }

  @Test
  void refusesOtherDataAndAnotherTask() throws IOException {
    ToyData.ner(data, ROWS, 8);
    trainer(settings(Task.NER), 2).run(backend, out, Existing.REFUSE);
    var train = data.resolve("train.txt");
    Files.writeString(train, Files.readString(train).replaceFirst("today", "soon"));
    var e = refused(trainer(settings(Task.NER), 1));
    assertTrue(e.what().contains("the data is not the same"), e.what());
    ToyData.relations(directory.resolve("re"), 8, 4);
    e = refused(Trainer.of(settings(Task.RE), directory.resolve("re")));
    assertTrue(e.what().contains("not of the task re"), e.what());
  }

  @Test
  void refusesWhatIsFinishedAndGoesOnWithMoreEpochsWhenForced() throws IOException {
    ToyData.ner(data, ROWS, 8);
    trainer(settings(Task.NER), Integer.MAX_VALUE).run(backend, out, Existing.REFUSE);
    var e = refused(trainer(settings(Task.NER), 1));
    assertTrue(e.what().contains("finished after epoch 3"), e.what());
    var fewer = settings(Task.NER).set("epochs=2");
    var result = Trainer.of(fewer, data).run(backend, out, Existing.RESUME_DIFFERENT);
    assertFalse(result.interrupted());
    assertEquals(3, result.epochs());
    var more = settings(Task.NER).set("epochs=4");
    assertEquals(4, Trainer.of(more, data).run(backend, out, Existing.RESUME_DIFFERENT).epochs());
  }

  @Test
  void refusesADirectoryWithoutACheckpoint() throws IOException {
    ToyData.ner(data, 8, 4);
    var trainer = Trainer.of(settings(Task.NER), data);
    assertEquals(ErrorCode.OUTPUT_EXISTS, refused(trainer).code(), "no such directory");
    Files.createDirectories(out);
    assertEquals(ErrorCode.CHECKPOINT, refused(trainer).code());
  }

  @Test
  void doesNotSaveWeightsThatAreNotFinite() throws IOException {
    ToyData.ner(data, ROWS, 8);
    var settings = settings(Task.NER).set("learningRate=1").set("weightDecay=1").set("epochs=1");
    trainer(settings, 2).run(backend, out, Existing.REFUSE);
    var before = Checkpoints.newest(out);
    try (var model = ModelDirectory.open(before.directory()).load(backend);
        var optimizer = Groups.optimizer(model, settings.config())) {
      var tokenizer = ModelDirectory.open(before.directory()).tokenizer();
      var state = Checkpoints.state(before);
      state.step++;
      var weight = model.parameters().tensor("crf.start_transitions");
      model.backend().upload(new float[] {Float.NaN}, 0, weight.buffer(), 1, 1);
      var checkpoints = new Checkpoints(out, 2, Checkpoints.Origin.of(before));
      var e =
          assertThrows(
              MmibException.class, () -> checkpoints.save(model, tokenizer, state, optimizer));
      assertEquals(ErrorCode.NOT_FINITE, e.code());
      assertTrue(e.what().contains("crf.start_transitions"), e.what());
    }
    assertEquals(before, Checkpoints.newest(out));
  }

  @Test
  void remembersARunThatStoppedEarlyAsFinished() throws IOException {
    ToyData.ner(data, ROWS, 8);
    // Nothing is learned at this rate, so the first epoch stays the best.
    var settings = settings(Task.NER).set("learningRate=1e-9").set("epochs=9").set("patience=2");
    var result = trainer(settings, Integer.MAX_VALUE).run(backend, out, Existing.REFUSE);
    assertFalse(result.interrupted());
    assertEquals(1, result.bestEpoch());
    assertEquals(3, result.epochs());
    assertNotEquals(null, result.test());
    assertTrue(refused(trainer(settings, 1)).what().contains("finished"));
  }

  private MmibException refused(Trainer trainer) {
    return assertThrows(MmibException.class, () -> trainer.run(backend, out, Existing.RESUME));
  }

  private static Settings settings(Task task) {
    return ToyData.settings(task).set("epochs=3").set("crops=1");
  }

  /** A trainer that is stopped after so many steps. */
  private Trainer trainer(Settings settings, int steps) {
    var done = new AtomicInteger();
    return Trainer.of(settings, data)
        .listener(
            new TrainingListener() {
              @Override
              public void stepped(StepReport report) {
                done.incrementAndGet();
              }
            })
        .stopWhen(() -> done.get() >= steps);
  }
}
