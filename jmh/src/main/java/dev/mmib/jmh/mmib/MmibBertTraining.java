package dev.mmib.jmh.mmib;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.jmh.BertInput;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.TrainingTask;
import dev.mmib.op.Arithmetic;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import dev.mmib.train.AdamW;
import java.io.IOException;

/** A step of this library: forward, backward, AdamW. */
public final class MmibBertTraining implements Contender {

  private final Backend backend;
  private final LoadedBert model;
  private final AdamW optimizer;
  private final Shape shape;
  private final int[] ids;
  private final Scope constants;
  private final Tensor factors;

  public MmibBertTraining(String device, int threads, BertInput input) throws IOException {
    backend = Device.of(device).withThreads(threads).open();
    model = LoadedBert.on(backend);
    optimizer = new AdamW(backend, AdamW.Options.adamW());
    var group = new AdamW.Group(TrainingTask.LEARNING_RATE, TrainingTask.WEIGHT_DECAY);
    model.parameters().trainable().forEach((name, weight) -> optimizer.add(name, weight, group));
    shape = Shape.of(input.batch(), input.tokens());
    ids = input.ids();
    constants = Scope.detached(backend);
    int hidden = model.bert().config().hiddenSize();
    factors =
        constants.of(Shape.of(input.batch(), input.tokens(), hidden), TrainingTask.factors(input));
  }

  private Tensor loss() {
    var states = model.bert().encode(Scope.current().ints(shape, ids), null, null);
    return Reduction.sum(Arithmetic.mul(states, factors));
  }

  @Override
  public void run() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      optimizer.step(Tape.gradients(loss()));
    }
  }

  @Override
  public float[] result() {
    return TrainingTask.result(
        () -> {
          try (var scope = Scope.open(backend, Mode.TRAIN)) {
            var loss = loss();
            var gradients = Tape.gradients(loss);
            var compared = gradients.of(model.parameters().tensor(TrainingTask.COMPARED));
            var step = new TrainingTask.Step(loss.item(), compared.toFloats());
            optimizer.step(gradients);
            return step;
          }
        });
  }

  @Override
  public String description() {
    return backend.name() + ": " + backend.description();
  }

  @Override
  public void close() {
    optimizer.close();
    constants.close();
    model.parameters().close();
    backend.close();
  }
}
