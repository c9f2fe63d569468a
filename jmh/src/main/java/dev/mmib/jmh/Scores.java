package dev.mmib.jmh;

import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * What the times of one workload say.
 *
 * @param group of the workload
 * @param name of it
 * @param operations of a run, or 0
 * @param threads that every contender used
 * @param peak of the machine, in 10⁹ operations a second; null where there are no operations
 * @param contenders in order, the first is ours
 */
record Scores(
    String group,
    String name,
    double operations,
    int threads,
    @Nullable Spread peak,
    List<Contender> contenders) {

  /**
   * One contender.
   *
   * @param difference of its result from ours, or negative
   * @param milliseconds a round's median run, over the rounds
   * @param slow the 99th percentile of all runs, milliseconds
   * @param best the fastest run of all, milliseconds
   * @param ratio its time to ours within a round; null for ours
   * @param bestRatio its fastest run to our fastest
   * @param percentOfPeak operations a second to the median of the peaks in the same round
   * @param bestPercentOfPeak those of the fastest run to the highest peak of all
   */
  record Contender(
      String name,
      String description,
      double difference,
      Spread milliseconds,
      double slow,
      double best,
      @Nullable Spread ratio,
      double bestRatio,
      @Nullable Spread percentOfPeak,
      double bestPercentOfPeak) {}

  /** The middle of some numbers and how far they reach. */
  record Spread(double median, double least, double most) {

    /** Times the least up to which the most says the same. */
    static final double MOST_APART = 1.25;

    static Spread of(double... values) {
      double[] sorted = values.clone();
      Arrays.sort(sorted);
      return new Spread(middle(sorted), sorted[0], sorted[sorted.length - 1]);
    }

    /** Whether the rounds differ so much that others may well have another middle. */
    boolean isWide() {
      return most > MOST_APART * least;
    }

    /** {@code median (least .. most)}. */
    String text(String format) {
      return String.format(
          Locale.ROOT, format + " (" + format + " .. " + format + ")", median, least, most);
    }
  }

  private static double middle(double... sorted) {
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** Reads what {@link Measured#toJson} wrote. */
  static Scores of(JsonObject json) {
    double operations = json.number("operations");
    double[] peaks = medians(json.array("peakGigaflops"));
    var contenders = new ArrayList<Contender>();
    double[] ours = {};
    double ourBest = 0;
    for (var item : json.array("contenders")) {
      var side = item.asObject();
      var turns = side.array("nanoseconds");
      double[] times = medians(turns);
      double best = best(turns);
      boolean isFirst = contenders.isEmpty();
      if (isFirst) {
        ours = times;
        ourBest = best;
      }
      boolean ofPeak = operations > 0 && peaks.length == times.length;
      contenders.add(
          new Contender(
              side.string("name"),
              side.string("description"),
              side.number("difference"),
              Spread.of(scaled(times, 1e-6)),
              slow(turns) * 1e-6,
              best * 1e-6,
              isFirst ? null : Spread.of(quotients(times, ours)),
              best / ourBest,
              ofPeak ? Spread.of(percents(operations, times, peaks)) : null,
              ofPeak ? 100 * operations / best / most(json.array("peakGigaflops")) : 0));
    }
    return new Scores(
        json.string("group"),
        json.string("name"),
        operations,
        json.integer("threads"),
        peaks.length == 0 ? null : Spread.of(peaks),
        contenders);
  }

  private static double[] medians(JsonArray turns) {
    double[] medians = new double[turns.size()];
    for (int i = 0; i < medians.length; i++) {
      double[] times = turns.at(i).asArray().doubles();
      Arrays.sort(times);
      medians[i] = middle(times);
    }
    return medians;
  }

  private static DoubleStream all(JsonArray turns) {
    return turns.items().stream().flatMapToDouble(turn -> Arrays.stream(turn.asArray().doubles()));
  }

  private static double best(JsonArray turns) {
    return all(turns).min().orElseThrow();
  }

  private static double slow(JsonArray turns) {
    double[] sorted = all(turns).sorted().toArray();
    return sorted[(int) Math.ceil(0.99 * sorted.length) - 1];
  }

  private static double most(JsonArray turns) {
    return all(turns).max().orElseThrow();
  }

  private static double[] scaled(double[] values, double factor) {
    return Arrays.stream(values).map(v -> v * factor).toArray();
  }

  private static double[] quotients(double[] theirs, double[] ours) {
    double[] quotients = new double[ours.length];
    for (int i = 0; i < quotients.length; i++) {
      quotients[i] = theirs[i] / ours[i];
    }
    return quotients;
  }

  private static double[] percents(double operations, double[] nanos, double[] peaks) {
    double[] percents = new double[nanos.length];
    for (int i = 0; i < percents.length; i++) {
      percents[i] = 100 * operations / nanos[i] / peaks[i];
    }
    return percents;
  }
}
