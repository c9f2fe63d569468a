package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.data.Split;
import dev.mmib.data.TextBatch;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.Losses;
import dev.mmib.model.MmibModel;
import dev.mmib.model.Task;
import dev.mmib.op.Activation;
import dev.mmib.op.Arithmetic;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to steps that would teach nonsense. */
class StepperTest {

  private static final int POISON = 5; // a row

  private final Backend backend = new JavaBackend(2);

  @TempDir Path directory;
  private MmibModel model;
  private TaskRows<NerBatch> rows;
  private Pictures pictures;

  @BeforeEach
  @SuppressWarnings("unchecked") // the rows of an NER model have its batches
  void makeModel() throws IOException {
    var settings = ToyData.settings(Task.NER);
    var found =
        TrainingData.forTraining(
            DataDirectory.open(ToyData.ner(directory, 12, 4)),
            Task.NER,
            settings.config().rows(),
            1);
    var design = ModelSource.RANDOM.design(settings.config(), Set.of(), found);
    var made = ModelSource.RANDOM.make(backend, design);
    model = made.model();
    rows = (TaskRows<NerBatch>) found.rows(Split.TRAIN, model, made.tokenizer());
    pictures = new Pictures(model, RowSettings.MissingImages.ZERO, 10);
  }

  @AfterEach
  void close() {
    model.close();
    assertEquals(0, backend.memory().liveBuffers(), "buffers left open");
    backend.close();
  }

  @Test
  void stopsBeforeItLearnsFromALossThatIsNotFinite() {
    var before = digests(model.parameters().trainable());
    var e = assertThrows(MmibException.class, () -> steps(0, new Poisoned(rows, "log"), 4, 5));
    assertEquals(ErrorCode.NOT_FINITE, e.code());
    assertTrue(e.what().startsWith("step 7 at learning rate 0.003, of the rows "), e.what());
    assertTrue(e.what().contains("train.txt: line "), e.what());
    assertTrue(e.what().contains("is the output of log "), e.what());
    assertTrue(e.what().contains(", after the weight '"), e.what());
    assertEquals(before, digests(model.parameters().trainable()));
  }

  @Test
  void namesTheGradientWhereOnlyThatIsNotFinite() {
    var e = assertThrows(MmibException.class, () -> steps(0, new Poisoned(rows, "sqrt"), 4, 5));
    assertTrue(e.what().contains("the gradient's norm is "), e.what());
    assertTrue(e.what().contains("the gradient of 'crf."), e.what());
  }

  @Test
  void namesAWeightThatBecameNotFinite() {
    var weight = model.parameters().tensor("bert.encoder.layer.0.output.dense.weight");
    backend.upload(new float[] {Float.NaN}, 0, weight.buffer(), 3, 1);
    var e = assertThrows(MmibException.class, () -> steps(0, rows, 0, 1));
    assertTrue(
        e.what().contains("the weight 'bert.encoder.layer.0.output.dense.weight'"), e.what());
  }

  @Test
  void leavesOutSoManyStepsAndNoMore() {
    var poisoned = new Poisoned(rows, "log");
    var before = weights();
    assertTrue(steps(2, poisoned, 4, 5).skipped());
    assertEquals(before, weights(), "nothing was learned, running statistics included");
    assertFalse(steps(2, poisoned, 0, 1).skipped());
    assertFalse(before.equals(weights()));
    try (var optimizer = Groups.optimizer(model, config(2))) {
      var stepper = stepper(config(2), poisoned, optimizer, 1);
      assertTrue(stepper.step(batch(4, 5), 8, 1).skipped());
      assertEquals(2, stepper.skips());
      assertThrows(MmibException.class, () -> stepper.step(batch(4, 5), 9, 1));
    }
  }

  @Test
  void leavesOutAStepOfSeveralBatchesAsAWhole() {
    var poisoned = new Poisoned(rows, "log");
    var before = weights();
    try (var optimizer = Groups.optimizer(model, config(1))) {
      var stepper = stepper(config(1), poisoned, optimizer, 0);
      var batches = List.of(batch(0, 1).get(0), batch(4, 5).get(0));
      assertTrue(stepper.step(batches, 1, 1).skipped());
      assertEquals(before, weights());
      assertEquals(Map.of(), optimizer.states());
    }
  }

  private Stepper.Done steps(int badSteps, LossRows<NerBatch> from, int... batch) {
    try (var optimizer = Groups.optimizer(model, config(badSteps))) {
      return stepper(config(badSteps), from, optimizer, 0).step(batch(batch), 7, 1);
    }
  }

  private Stepper<NerBatch> stepper(
      TrainConfig config, LossRows<NerBatch> from, AdamW optimizer, int skips) {
    return new Stepper<>(from, pictures, config, optimizer, new RandomState(1, 0), skips);
  }

  private static TrainConfig config(int badSteps) {
    return ToyData.settings(Task.NER).set("badSteps", Integer.toString(badSteps)).config();
  }

  private List<Batches.Ready<NerBatch>> batch(int... batch) {
    try (var batches = new Batches<>(rows, List.of(batch), pictures)) {
      return List.of(Objects.requireNonNull(batches.next()));
    }
  }

  /** A digest of every tensor. */
  private Map<String, Integer> weights() {
    return digests(model.parameters().all());
  }

  private Map<String, Integer> digests(Map<String, Tensor> tensors) {
    var digests = new TreeMap<String, Integer>();
    tensors.forEach(
        (name, tensor) -> {
          var values = new float[tensor.shape().size()];
          backend.download(tensor.buffer(), 0, values, 0, values.length);
          digests.put(name, Arrays.hashCode(values));
        });
    return digests;
  }

  /** Rows of which one gives a loss, or only a gradient, that is not finite. */
  private record Poisoned(TaskRows<NerBatch> rows, String how) implements LossRows<NerBatch> {

    @Override
    public Losses loss(NerBatch batch, @Nullable ImageBatch images) {
      var losses = rows.loss(batch, images);
      boolean isBad =
          Arrays.equals(batch.text().ids(), rows.batch(new int[] {4, POISON}).text().ids());
      if (!isBad) {
        return losses;
      }
      var zero = Arithmetic.sub(losses.task(), losses.task());
      var bad =
          how.equals("log")
              ? Activation.log(zero)
              : Arithmetic.scale(Activation.sqrt(zero), 1); // 0, with an infinite slope
      return new Losses(
          Arithmetic.add(losses.total(), bad),
          Arithmetic.add(losses.task(), bad),
          losses.alignment(),
          losses.klText(),
          losses.klImage(),
          losses.aligned());
    }

    @Override
    public TextBatch text(NerBatch batch) {
      return rows.text(batch);
    }

    @Override
    public MmibModel model() {
      return rows.model();
    }

    @Override
    public String place(int row) {
      return rows.place(row);
    }

    @Override
    public Losses.Share share(NerBatch batch, @Nullable ImageBatch images) {
      return rows.share(batch, images);
    }
  }
}
