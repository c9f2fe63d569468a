package dev.mmib.jmh.mmib;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.CrfWorkloads.Chain;
import dev.mmib.jmh.CrfWorkloads.Question;
import dev.mmib.op.Crf;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;

/** This library's CRF. */
public final class MmibCrf implements Contender {

  private final Backend backend;
  private final Scope memory;
  private final Question question;
  private final Tensor emissions;
  private final Tensor transitions;
  private final Tensor start;
  private final Tensor end;
  private final Tensor lengths;
  private final Tensor gold;
  private float[] result = NO_RESULT;

  public MmibCrf(Device device, Chain chain, Question question) {
    this.backend = device.open();
    this.memory = Scope.detached(backend);
    this.question = question;
    this.emissions = parameter(chain.emissions(), chain.batch(), chain.tokens(), chain.tags());
    this.transitions = parameter(chain.transitions(), chain.tags(), chain.tags());
    this.start = parameter(chain.start(), chain.tags());
    this.end = parameter(chain.end(), chain.tags());
    var full = new int[chain.batch()];
    Arrays.fill(full, chain.tokens());
    this.lengths = memory.ints(Shape.of(chain.batch()), full);
    this.gold = memory.ints(Shape.of(chain.batch(), chain.tokens()), chain.gold());
  }

  private Tensor parameter(float[] values, int... dims) {
    var shape = Shape.of(dims);
    var tensor = memory.parameter(shape);
    backend.upload(values, 0, tensor.buffer(), 0, shape.size());
    return tensor;
  }

  @Override
  public void run() {
    if (question == Question.BEST) {
      try (var scope = Scope.open(backend, Mode.INFER)) {
        int[] paths = Crf.best(emissions, lengths, transitions, start, end, 1).paths().toInts();
        result = new float[paths.length];
        for (int i = 0; i < paths.length; i++) {
          result[i] = paths[i];
        }
      }
      return;
    }
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var likelihood = Crf.logLikelihood(emissions, lengths, gold, transitions, start, end);
      var gradients = Tape.gradients(Reduction.sum(likelihood));
      gradients.of(emissions);
      result = gradients.of(transitions).toFloats();
    }
  }

  @Override
  public float[] result() {
    run();
    return result;
  }

  @Override
  public String description() {
    return backend.name() + ": " + backend.description();
  }

  @Override
  public void close() {
    memory.close();
    backend.close();
  }
}
