package dev.mmib.train;

import dev.mmib.io.JsonObject;

/**
 * How fast which part of a model learns.
 *
 * @param learningRate the nominal one; see {@code warmup}
 * @param encoderLearningRate that of the text and picture encoders; 0 for the same
 * @param crfLearningRate that of the CRF's transitions; 0 for the same
 * @param warmup share of the steps over which the rates rise linearly; then they fall to 0
 * @param weightDecay of all but biases and norms
 * @param clip the largest norm of the gradient; 0 for no bound
 */
public record LearningRates(
    double learningRate,
    double encoderLearningRate,
    double crfLearningRate,
    double warmup,
    double weightDecay,
    double clip) {

  /** The paper's. */
  public static final LearningRates STANDARD = new LearningRates(3e-5, 0, 0, 0.03, 0.01, 0);

  public LearningRates {
    if (!(learningRate > 0 && learningRate <= 1)) {
      throw TrainConfig.refuse("learningRate is " + learningRate, "above 0 and at most 1");
    }
    TrainConfig.require("encoderLearningRate", encoderLearningRate, 0, 1);
    TrainConfig.require("crfLearningRate", crfLearningRate, 0, 1);
    TrainConfig.require("warmup", warmup, 0, 1);
    TrainConfig.require("weightDecay", weightDecay, 0, 1);
    if (!(clip >= 0 && clip <= 1e9)) {
      throw TrainConfig.refuse("clip is " + clip, "0 to 1e9");
    }
  }

  /** The clipping that {@code clip} asks for. */
  public GradientClip clipping() {
    return clip == 0 ? GradientClip.none() : new GradientClip(clip);
  }

  LearningRates withLearningRate(double other) {
    return new LearningRates(
        other, encoderLearningRate, crfLearningRate, warmup, weightDecay, clip);
  }

  void write(JsonObject json) {
    json.put("learningRate", learningRate)
        .put("encoderLearningRate", encoderLearningRate)
        .put("crfLearningRate", crfLearningRate)
        .put("warmup", warmup)
        .put("weightDecay", weightDecay)
        .put("clip", clip);
  }

  static LearningRates read(JsonObject json) {
    return new LearningRates(
        json.number("learningRate", STANDARD.learningRate),
        json.number("encoderLearningRate", STANDARD.encoderLearningRate),
        json.number("crfLearningRate", STANDARD.crfLearningRate),
        json.number("warmup", STANDARD.warmup),
        json.number("weightDecay", STANDARD.weightDecay),
        json.number("clip", STANDARD.clip));
  }
}
