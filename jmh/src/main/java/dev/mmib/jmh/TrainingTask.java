package dev.mmib.jmh;

import dev.mmib.nn.Initializer;
import dev.mmib.tensor.Shape;

/**
 * What bert-base is trained for: the sum of all hidden states, each times a random number, by AdamW
 * with the same settings everywhere.
 */
public final class TrainingTask {

  public static final float LEARNING_RATE = 1e-5f;
  public static final float WEIGHT_DECAY = 0.01f;

  /** The weight whose gradient is compared: that of the query, far down. */
  public static final String COMPARED = "bert.encoder.layer.0.attention.self.query.weight";

  private static final int COMPARED_STEPS = 2;
  private static final int COMPARED_NUMBERS = 2000;

  private TrainingTask() {}

  /** The factors, [batch, tokens, hidden]. */
  public static float[] factors(BertInput input) {
    var shape = Shape.of(input.batch(), input.tokens(), BertBase.CONFIG.hiddenSize());
    return Initializer.normal(1).values(7, "factors", shape).toArray();
  }

  /** One step: its loss, and the gradient of {@link #COMPARED} before it. */
  public record Step(float loss, float[] gradient) {}

  /** Makes a step that shows its numbers. */
  @FunctionalInterface
  public interface Shown {
    Step step();
  }

  /**
   * Losses of two steps, which tell whether the updates are the same, and a part of the first
   * gradient; both near one.
   */
  public static float[] result(Shown training) {
    var result = new float[COMPARED_STEPS + COMPARED_NUMBERS];
    for (int i = 0; i < COMPARED_STEPS; i++) {
      var step = training.step();
      result[i] = step.loss() / 1000;
      if (i == 0) {
        for (int j = 0; j < COMPARED_NUMBERS; j++) {
          result[COMPARED_STEPS + j] = step.gradient()[j] / 100;
        }
      }
    }
    return result;
  }
}
