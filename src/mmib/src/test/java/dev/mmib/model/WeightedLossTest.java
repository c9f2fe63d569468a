package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.op.Crf;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WeightedLossTest {

  private static final float[] WEIGHTS = {0.25f, 2, 0.75f};

  private final JavaBackend backend = new JavaBackend(2);

  @AfterEach
  void close() {
    assertEquals(0, backend.memory().liveBuffers());
    backend.close();
  }

  @ParameterizedTest
  @EnumSource(Task.class)
  void onesChangeNoBit(Task task) {
    try (var model = Tiny.model(backend, Tiny.config(task))) {
      var plain = step(model, null);
      var ones = step(model, new float[] {1, 1, 1});
      assertEquals(plain.keySet(), ones.keySet());
      plain.forEach((name, values) -> assertArrayEquals(values, ones.get(name), name));
    }
  }

  /** The loss and every gradient of one step. */
  private Map<String, float[]> step(MmibModel model, float @Nullable [] weights) {
    try (var scope = Scope.open(backend, Mode.TRAIN, new RandomState(3, 0))) {
      var found = new LinkedHashMap<String, float[]>();
      var losses = Tiny.loss(model, weights);
      found.put("loss", losses.total().toFloats());
      var gradients = Tape.gradients(losses.total());
      model
          .parameters()
          .trainable()
          .forEach((name, tensor) -> found.put(name, gradients.of(tensor).toFloats()));
      return found;
    }
  }

  @Test
  void crossEntropyIsWeightedAndSummed() {
    var config = Tiny.config(Task.RE).with(c -> c.textOnly = true);
    try (var model = Tiny.relations(backend, config);
        var scope = Scope.open(backend, Mode.INFER)) {
      var batch = Tiny.relationBatch().withWeights(WEIGHTS);
      var step = model.forward(batch, null, model.encoder().noise());
      float[] logits = step.logits().toFloats();
      double expected = 0;
      for (int b = 0; b < WEIGHTS.length; b++) {
        double sum = 0;
        for (int c = 0; c < 3; c++) {
          sum += Math.exp(logits[3 * b + c]);
        }
        expected += WEIGHTS[b] * (Math.log(sum) - logits[3 * b + batch.relations()[b]]);
      }
      assertEquals(expected, step.losses().task().item(), 1e-5 * expected);
    }
  }

  @Test
  void likelihoodsOfSentencesAreWeightedAndAveraged() {
    var config = Tiny.config(Task.NER).with(c -> c.textOnly = true);
    try (var model = Tiny.ner(backend, config);
        var scope = Scope.open(backend, Mode.INFER)) {
      var batch = Tiny.nerBatch().withWeights(WEIGHTS);
      var step = model.forward(batch, null, model.encoder().noise());
      var at = model.parameters();
      float[] likelihoods =
          Crf.logLikelihood(
                  step.emissions(),
                  step.encoded().texts().lengths(),
                  scope.ints(Shape.of(batch.text().batch(), batch.text().tokens()), batch.tags()),
                  at.tensor("crf.transitions"),
                  at.tensor("crf.start_transitions"),
                  at.tensor("crf.end_transitions"))
              .toFloats();
      double expected = 0;
      for (int b = 0; b < WEIGHTS.length; b++) {
        expected -= WEIGHTS[b] * likelihoods[b] / WEIGHTS.length;
      }
      assertEquals(expected, step.losses().task().item(), 1e-5 * expected);
    }
  }

  @Test
  void everyRowNeedsItsWeight() {
    var weights = new float[] {1, 1};
    assertThrows(IllegalArgumentException.class, () -> Tiny.nerBatch().withWeights(weights));
    assertThrows(IllegalArgumentException.class, () -> Tiny.relationBatch().withWeights(weights));
  }
}
