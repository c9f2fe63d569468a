package dev.mmib.jmh.mmib;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.Operand;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Gradients;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** One operator of this library, and the gradient of its mean with respect to all operands. */
public final class MmibDerivative implements Contender {

  private final Backend backend;
  private final Scope memory;
  private final List<Tensor> operands = new ArrayList<>();
  private final Function<List<Tensor>, Tensor> operator;

  public MmibDerivative(
      String device, int threads, List<Operand> operands, Function<List<Tensor>, Tensor> operator) {
    this.backend = Device.of(device).withThreads(threads).open();
    this.memory = Scope.detached(backend);
    this.operator = operator;
    for (var operand : operands) {
      var tensor = memory.parameter(operand.shape());
      backend.upload(operand.values(), 0, tensor.buffer(), 0, operand.shape().size());
      this.operands.add(tensor);
    }
  }

  private Gradients gradients() {
    var gradients = Tape.gradients(Reduction.mean(operator.apply(operands)));
    operands.forEach(gradients::of); // refuses one that is missing
    return gradients;
  }

  @Override
  public void run() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      gradients();
    }
  }

  @Override
  public float[] result() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      return gradients().of(operands.get(operands.size() - 1)).toFloats();
    }
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
