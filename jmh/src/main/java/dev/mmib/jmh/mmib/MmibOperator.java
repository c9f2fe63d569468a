package dev.mmib.jmh.mmib;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.Operand;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/** One operator of this library. */
public final class MmibOperator implements Contender {

  private final Backend backend;
  private final Scope memory;
  private final List<Tensor> operands;
  private final Function<List<Tensor>, Tensor> operator;

  public MmibOperator(
      String device, int threads, List<Operand> operands, Function<List<Tensor>, Tensor> operator) {
    backend = Device.of(device).withThreads(threads).open();
    memory = Scope.detached(backend);
    this.operands = operands.stream().map(o -> memory.of(o.shape(), o.values())).toList();
    this.operator = operator;
  }

  private Tensor compute() {
    return operator.apply(operands);
  }

  @Override
  public void run() {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      compute();
    }
  }

  @Override
  public float[] result() {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      return compute().toFloats();
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
