package dev.mmib.jmh.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.mmib.jmh.BertBase;
import dev.mmib.jmh.BertInput;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.TrainingTask;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A step of DJL: forward, backward by a gradient collector, its AdamW. */
public final class DjlBertTraining implements Contender {

  private final Engine engine;
  private final NDManager manager;
  private final DjlEncoder encoder;
  private final Map<String, NDArray> weights;
  private final List<String> trained = new ArrayList<>();
  private final NDArray factors;
  private final Optimizer optimizer;

  public DjlBertTraining(int threads, BertInput input) throws IOException {
    engine = Djl.engine(threads);
    manager = engine.newBaseManager();
    weights = Djl.bert(manager);
    encoder = new DjlEncoder(weights, input);
    for (var name : weights.keySet()) {
      if (!name.contains("pooler")) { // no loss depends on it
        trained.add(name);
      }
    }
    trained.forEach(name -> weight(name).setRequiresGradient(true));
    var shape = new Shape(input.batch(), input.tokens(), BertBase.CONFIG.hiddenSize());
    factors = manager.create(TrainingTask.factors(input), shape);
    optimizer =
        Optimizer.adamW()
            .optLearningRateTracker(Tracker.fixed(TrainingTask.LEARNING_RATE))
            .optWeightDecays(TrainingTask.WEIGHT_DECAY)
            .build();
  }

  private NDArray weight(String name) {
    var found = weights.get(name);
    if (found == null) {
      throw new IllegalArgumentException("weights: none of name '" + name + "'");
    }
    return found;
  }

  private NDArray backward(NDManager step) {
    try (var collector = engine.newGradientCollector()) {
      var loss = encoder.encode(step).mul(factors).sum();
      collector.backward(loss);
      return loss;
    }
  }

  /** The optimizer sets each gradient to zero after its use. */
  private void update() {
    for (var name : trained) {
      var weight = weight(name);
      try (var gradient = weight.getGradient()) {
        optimizer.update(name, weight, gradient);
      }
    }
  }

  @Override
  public void run() {
    try (var step = manager.newSubManager()) {
      backward(step);
      update();
    }
  }

  @Override
  public float[] result() {
    return TrainingTask.result(
        () -> {
          try (var step = manager.newSubManager();
              var loss = backward(step);
              var gradient = weight(TrainingTask.COMPARED).getGradient()) {
            var shown = new TrainingTask.Step(loss.getFloat(), gradient.toFloatArray());
            update();
            return shown;
          }
        });
  }

  @Override
  public String description() {
    return Djl.description(engine);
  }

  @Override
  public void close() {
    manager.close();
  }
}
