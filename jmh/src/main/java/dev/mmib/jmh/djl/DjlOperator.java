package dev.mmib.jmh.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.Operand;
import java.util.List;
import java.util.function.Function;

/** One operator of DJL. */
public final class DjlOperator implements Contender {

  private final Engine engine;
  private final NDManager manager;
  private final List<NDArray> operands;
  private final Function<List<NDArray>, NDArray> operator;

  /**
   * An operator.
   *
   * @param operator of the operands; what it makes belongs to the manager of the first
   */
  public DjlOperator(
      int threads, List<Operand> operands, Function<List<NDArray>, NDArray> operator) {
    engine = Djl.engine(threads);
    manager = engine.newBaseManager();
    this.operands =
        operands.stream().map(o -> manager.create(o.values(), new Shape(o.extents()))).toList();
    this.operator = operator;
  }

  private NDArray compute() {
    return operator.apply(operands);
  }

  @Override
  public void run() {
    try (var step = manager.newSubManager()) {
      operands.get(0).attach(step);
      compute();
      operands.get(0).attach(manager);
    }
  }

  @Override
  public float[] result() {
    return compute().toFloatArray();
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
