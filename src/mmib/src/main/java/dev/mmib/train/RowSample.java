package dev.mmib.train;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** A share of rows, drawn without replacement by a seed. */
final class RowSample {

  private RowSample() {}

  /**
   * The rows that are drawn, in their order: {@code round(share · rows)} of them, at least one.
   *
   * <p>They are the first of one permutation, which the seed alone decides: a smaller share of the
   * same rows is part of a larger one, so that scores over shares differ by what was added.
   */
  static int[] draw(int rows, double share, long seed) {
    int[] all = IntStream.range(0, rows).toArray();
    int wanted = (int) Math.min(rows, Math.max(1, Math.round(share * rows)));
    if (wanted >= rows) {
      return all;
    }
    var random = new SplittableRandom(seed);
    for (int i = 0; i < wanted; i++) { // Fisher and Yates, from the front
      int j = i + random.nextInt(rows - i);
      int moved = all[i];
      all[i] = all[j];
      all[j] = moved;
    }
    int[] drawn = Arrays.copyOf(all, wanted);
    Arrays.sort(drawn);
    return drawn;
  }
}
