package dev.mmib.jmh;

import dev.mmib.bert.BertConfig;
import java.util.Random;

/** Random word pieces for bert-base, {@code batch} sequences of {@code tokens} without padding. */
public record BertInput(int batch, int tokens) {

  private static final int FIRST_WORD = 4; // the ids before it are special

  /** Reads {@code 8x128}. */
  public static BertInput parse(String name) {
    var numbers = name.split("x", -1);
    return new BertInput(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
  }

  /** {@code 8x128}. */
  public String name() {
    return batch + "x" + tokens;
  }

  /** [batch · tokens]. */
  public int[] ids() {
    int words = BertBase.CONFIG.vocabularySize() - FIRST_WORD;
    return new Random(1).ints((long) batch * tokens, FIRST_WORD, FIRST_WORD + words).toArray();
  }

  /**
   * Multiplications and additions of the matrix products of a forward pass; all else is under one
   * in a hundred.
   */
  public double forwardOperations() {
    BertConfig config = BertBase.CONFIG;
    double hidden = config.hiddenSize();
    double rows = (double) batch * tokens;
    double linear = rows * hidden * (4 * hidden + 2 * config.intermediateSize());
    double attention = 2 * rows * tokens * hidden;
    return 2 * config.layers() * (linear + attention);
  }

  /** Those of a training step: each product has two more in the backward pass. */
  public double trainingOperations() {
    return 3 * forwardOperations();
  }
}
