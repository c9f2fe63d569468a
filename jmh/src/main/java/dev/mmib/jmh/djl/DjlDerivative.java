package dev.mmib.jmh.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.Operand;
import java.util.List;
import java.util.function.Function;

/** One operator of DJL, and the gradient of its mean with respect to all operands. */
public final class DjlDerivative implements Contender {

  private final Engine engine;
  private final NDManager manager;
  private final List<NDArray> operands;
  private final Function<List<NDArray>, NDArray> operator;

  public DjlDerivative(
      int threads, List<Operand> operands, Function<List<NDArray>, NDArray> operator) {
    engine = Djl.engine(threads);
    manager = engine.newBaseManager();
    this.operands =
        operands.stream().map(o -> manager.create(o.values(), new Shape(o.extents()))).toList();
    this.operands.forEach(operand -> operand.setRequiresGradient(true));
    this.operator = operator;
  }

  /** Gradients are left to add up, which costs less than setting them to zero. */
  @Override
  public void run() {
    try (var step = manager.newSubManager();
        var collector = engine.newGradientCollector()) {
      operands.get(0).attach(step);
      collector.backward(operator.apply(operands).mean());
      operands.get(0).attach(manager);
    }
  }

  /** Of the first run. */
  @Override
  public float[] result() {
    run();
    return operands.get(operands.size() - 1).getGradient().toFloatArray();
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
