package dev.mmib.backend.host;

import dev.mmib.backend.Philox;
import dev.mmib.backend.kernel.Dropout;

/** A run of factors of a {@link Dropout}: 0 where it drops, 1/(1−p) where it keeps. */
final class DropoutMask {

  private final Dropout dropout;
  private final float kept;
  private final int[] words = new int[4];

  DropoutMask(Dropout dropout) {
    this.dropout = dropout;
    this.kept = (float) (1 / (1 - dropout.p()));
  }

  /** {@code factors[j]} is that of element {@code first + j}, for j below {@code n}. */
  void fill(long first, float[] factors, int n) {
    int j = 0;
    while (j < n) {
      long element = first + j;
      Philox.block(dropout.seed(), dropout.stream(), element >>> 2, words);
      for (int word = (int) (element & 3); word < 4 && j < n; word++, j++) {
        factors[j] = Philox.uniform(words[word]) < dropout.p() ? 0 : kept;
      }
    }
  }
}
