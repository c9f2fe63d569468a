package dev.mmib.jmh.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.transformer.BertBlock;
import ai.djl.training.ParameterStore;
import dev.mmib.jmh.BertBase;
import dev.mmib.jmh.BertInput;
import dev.mmib.jmh.Contender;

/**
 * DJL's own {@code BertBlock}. It has batch norms in the place of layer norms, so that no published
 * weights fit it, and a pooler: about the same work, other numbers.
 */
public final class DjlBertBlock implements Contender {

  private final Engine engine;
  private final NDManager manager;
  private final BertBlock block;
  private final BertInput input;
  private final ParameterStore parameters;

  public DjlBertBlock(int threads, BertInput input) {
    this.input = input;
    engine = Djl.engine(threads);
    manager = engine.newBaseManager();
    block =
        BertBlock.builder()
            .base()
            .setTokenDictionarySize(BertBase.CONFIG.vocabularySize())
            .optMaxSequenceLength(input.tokens()) // it adds its whole table of positions
            .build();
    var shape = new Shape(input.batch(), input.tokens());
    block.initialize(manager, DataType.FLOAT32, shape, shape, shape);
    block.freezeParameters(true);
    parameters = new ParameterStore(manager, false);
  }

  @Override
  public void run() {
    var shape = new Shape(input.batch(), input.tokens());
    try (var step = manager.newSubManager()) {
      var ids = step.create(input.ids(), shape);
      var types = step.zeros(shape, DataType.INT32);
      var mask = step.ones(shape, DataType.INT32);
      block.forward(parameters, new NDList(ids, types, mask), false);
    }
  }

  @Override
  public float[] result() {
    return NO_RESULT;
  }

  @Override
  public String description() {
    return Djl.description(engine) + ", BertBlock with its batch norms";
  }

  @Override
  public void close() {
    manager.close();
  }
}
