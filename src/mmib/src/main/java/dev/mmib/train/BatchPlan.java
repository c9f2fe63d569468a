package dev.mmib.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Which rows go together into a batch, and in which order.
 *
 * <p>For training, rows are permuted, sorted by length within pools of several batches, cut, and
 * the batches permuted: little padding, yet another order in every epoch.
 */
final class BatchPlan {

  private static final int BATCHES_IN_A_POOL = 16;

  private BatchPlan() {}

  /**
   * The steps of one epoch of training, the batches of each: the rows of a step are cut from one
   * pool and into batches of {@code batchSize}. The same for the same seed and epoch, and the rows
   * of a step are the same for {@code batchSize · accumulate} however they are divided.
   */
  static List<List<int[]>> shuffled(
      int[] lengths, int batchSize, int accumulate, long seed, int epoch) {
    var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + epoch);
    int[] rows = IntStream.range(0, lengths.length).toArray();
    shuffle(rows, random);
    int rowsOfStep = Math.multiplyExact(batchSize, accumulate);
    int pool =
        (int) Math.max(rowsOfStep, Math.min(rows.length, (long) rowsOfStep * BATCHES_IN_A_POOL));
    var steps = new ArrayList<int[]>();
    for (int from = 0; from < rows.length; from += pool) {
      int[] part = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + pool));
      cut(sorted(part, lengths), rowsOfStep, steps);
    }
    for (int i = steps.size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      var moved = steps.get(i);
      steps.set(i, steps.get(j));
      steps.set(j, moved);
    }
    var batches = new ArrayList<List<int[]>>();
    for (var step : steps) {
      var ofStep = new ArrayList<int[]>();
      cut(step, batchSize, ofStep);
      batches.add(ofStep);
    }
    return batches;
  }

  /** Batches for scoring: all rows by length, the longest first, so that memory peaks at once. */
  static List<int[]> byLength(int[] lengths, int batchSize) {
    var batches = new ArrayList<int[]>();
    int[] rows = sorted(IntStream.range(0, lengths.length).toArray(), lengths);
    cut(rows, batchSize, batches);
    return batches;
  }

  private static int[] sorted(int[] rows, int[] lengths) {
    return Arrays.stream(rows)
        .boxed()
        .sorted(Comparator.comparingInt(row -> -lengths[row])) // stable
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static void cut(int[] rows, int batchSize, List<int[]> batches) {
    for (int from = 0; from < rows.length; from += batchSize) {
      batches.add(Arrays.copyOfRange(rows, from, Math.min(rows.length, from + batchSize)));
    }
  }

  private static void shuffle(int[] rows, SplittableRandom random) {
    for (int i = rows.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int moved = rows[i];
      rows[i] = rows[j];
      rows[j] = moved;
    }
  }
}
