package dev.mmib.cuda.bench;

import java.util.Arrays;

/**
 * Times calls that a device works off later: batches of them between two waits, after a warm-up, so
 * long that a wait does not count.
 *
 * @param warmUp nanoseconds of calls before anything counts
 * @param batch nanoseconds that a batch should take
 * @param batches how many are measured
 */
record Stopwatch(long warmUp, long batch, int batches) {

  static final Stopwatch USUAL = new Stopwatch(40_000_000, 8_000_000, 15);

  /** For seeing that everything runs. */
  static final Stopwatch QUICK = new Stopwatch(0, 0, 1);

  private static final int MOST_CALLS = 20_000;

  /** Times in microseconds a call. */
  record Times(double median, double low, double high) {}

  /** Times {@code call}; {@code await} returns when all calls are done. */
  Times time(Runnable call, Runnable await) {
    call.run();
    await.run();
    long start = System.nanoTime();
    int calls = 0;
    do {
      call.run();
      if (++calls % 8 == 0) {
        await.run();
      }
    } while (System.nanoTime() - start < warmUp);
    await.run();
    long each = Math.max(1, (System.nanoTime() - start) / calls);
    int length = (int) Math.max(1, Math.min(MOST_CALLS, batch / each));
    var times = new double[batches];
    for (int i = 0; i < batches; i++) {
      times[i] = batch(call, await, length);
    }
    return of(times);
  }

  private static double batch(Runnable call, Runnable await, int length) {
    long start = System.nanoTime();
    for (int i = 0; i < length; i++) {
      call.run();
    }
    await.run();
    return (System.nanoTime() - start) / 1e3 / length;
  }

  /** Median and quartiles. */
  static Times of(double[] times) {
    var sorted = times.clone();
    Arrays.sort(sorted);
    int last = sorted.length - 1;
    double median = (sorted[last / 2] + sorted[(last + 1) / 2]) / 2;
    return new Times(median, sorted[last / 4], sorted[last - last / 4]);
  }
}
