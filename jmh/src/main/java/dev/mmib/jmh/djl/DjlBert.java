package dev.mmib.jmh.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.mmib.jmh.BertInput;
import dev.mmib.jmh.Contender;
import java.io.IOException;

/** BERT from DJL's operators, to its last hidden states. */
public final class DjlBert implements Contender {

  private final Engine engine;
  private final NDManager manager;
  private final DjlEncoder encoder;

  public DjlBert(int threads, BertInput input) throws IOException {
    engine = Djl.engine(threads);
    manager = engine.newBaseManager();
    encoder = new DjlEncoder(Djl.bert(manager), input);
  }

  @Override
  public void run() {
    try (var step = manager.newSubManager()) {
      encoder.encode(step);
    }
  }

  @Override
  public float[] result() {
    try (var step = manager.newSubManager()) {
      return encoder.encode(step).toFloatArray();
    }
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
