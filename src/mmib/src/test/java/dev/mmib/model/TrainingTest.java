package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.train.AdamW;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingTest {

  private static final int STEPS = 25;

  @ParameterizedTest
  @MethodSource("dev.mmib.model.Variants#all")
  void lowersTheLoss(String name, MmibConfig config) {
    try (var backend = new JavaBackend(2)) {
      try (var model = Tiny.model(backend, config.with(c -> c.dropout = 0));
          var optimizer = new AdamW(backend, AdamW.Options.adamW())) {
        model
            .parameters()
            .trainable()
            .forEach((key, p) -> optimizer.add(key, p, new AdamW.Group(3e-3, 0)));
        var random = new RandomState(1, 0);
        float first = 0;
        float last = 0;
        for (int i = 0; i < STEPS; i++) {
          try (var step = Scope.open(backend, Mode.TRAIN, random)) {
            var losses = Tiny.loss(model);
            last = losses.task().item();
            first = i == 0 ? last : first;
            optimizer.step(Tape.gradients(losses.total()));
          }
        }
        assertTrue(last < 0.8 * first, "loss of the task: " + first + " at first, " + last);
      }
      assertEquals(0, backend.memory().liveBuffers(), "live buffers after closing the model");
    }
  }
}
