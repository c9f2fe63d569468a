package dev.mmib.jmh;

import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured of one workload: the time of every run of every turn. */
final class Measured {

  private record Side(String description, double difference, List<long[]> turns) {}

  private final Workload workload;
  private final int threads;
  private final Map<String, Side> sides = new LinkedHashMap<>();
  private final List<JsonArray> peaks = new ArrayList<>();

  Measured(Workload workload, int threads) {
    this.workload = workload;
    this.threads = threads;
  }

  /**
   * Adds a contender.
   *
   * @param difference of its result from the first one's; negative where it has none
   */
  void add(String contender, String description, double difference) {
    sides.put(contender, new Side(description, difference, new ArrayList<>()));
  }

  /** Adds a turn of it, nanoseconds of each run. */
  void turn(String contender, long[] nanos) {
    var side = sides.get(contender);
    if (side != null) {
      side.turns().add(nanos);
    }
  }

  /** Adds a look at the peak in a round: the fastest of some runs of so many operations. */
  void peak(int round, double operations, long[] nanos) {
    long best = Long.MAX_VALUE;
    for (long time : nanos) {
      best = Math.min(best, time);
    }
    if (peaks.size() == round) {
      peaks.add(new JsonArray());
    }
    peaks.get(round).add(operations / best);
  }

  JsonObject toJson() {
    var contenders = new JsonArray();
    sides.forEach(
        (name, side) -> {
          var turns = new JsonArray();
          for (long[] turn : side.turns()) {
            var times = new JsonArray();
            for (long nanos : turn) {
              times.add(nanos);
            }
            turns.add(times);
          }
          contenders.add(
              new JsonObject()
                  .put("name", name)
                  .put("description", side.description())
                  .put("difference", side.difference())
                  .put("nanoseconds", turns));
        });
    var gigaflops = new JsonArray();
    peaks.forEach(gigaflops::add);
    return new JsonObject()
        .put("group", workload.group())
        .put("name", workload.name())
        .put("operations", workload.operations())
        .put("threads", (long) threads)
        .put("peakGigaflops", gigaflops)
        .put("contenders", contenders);
  }

  /** A line per contender. */
  void print() {
    Scores.of(toJson()).contenders().forEach(s -> System.out.println(line(s)));
  }

  private String line(Scores.Contender s) {
    var line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "%-24s %-16s %10.3f ms (best %.3f)",
            workload.path(),
            s.name(),
            s.milliseconds().median(),
            s.best()));
    if (s.ratio() != null) {
      line.append(String.format(Locale.ROOT, ", ours is %s times as fast", s.ratio().text("%.2f")));
      line.append(String.format(Locale.ROOT, ", best to best %.2f", s.bestRatio()));
    }
    if (s.percentOfPeak() != null) {
      line.append(
          String.format(
              Locale.ROOT,
              ", %s %% of the peak, best to best %.0f %%",
              s.percentOfPeak().text("%.0f"),
              s.bestPercentOfPeak()));
    }
    if (s.difference() >= 0) {
      line.append(String.format(Locale.ROOT, ", results differ by %.1g", s.difference()));
    }
    return line.toString();
  }
}
