package dev.mmib.jmh;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Runs workloads by all their contenders in turns.
 *
 * <p>A machine that is shared is faster at one time than at another. Each round therefore measures
 * every contender, in random order, in a process each, all but the active one stopped; ratios are
 * taken within a round. The machine's peak is measured after each turn.
 *
 * <pre>
 * java -cp jmh/target/benchmarks.jar dev.mmib.jmh.Comparison
 *     [--rounds N] [--turn MILLISECONDS] [--warm MILLISECONDS] [--threads N]
 *     [--json FILE] [GROUP[/NAME]…]
 * </pre>
 */
public final class Comparison implements AutoCloseable {

  private static final long MILLISECOND = 1_000_000;

  /** No round begins so long after the first, but for the least number. */
  private static final long ENOUGH = 30_000 * MILLISECOND;

  private static final int LEAST_ROUNDS = 3;
  private static final long PEAK_TURN = 30 * MILLISECOND;

  private final int rounds;
  private final long turn;
  private final long warmth;
  private final int threads;
  private final Random order = new Random(1);
  private final List<String> failed = new ArrayList<>();
  private final Map<Integer, RemoteContender> peaks = new HashMap<>();

  /**
   * A comparison.
   *
   * @param turn nanoseconds that each contender computes in a round, or one run where that is
   *     longer
   */
  private Comparison(int rounds, long turn, long warmth, int threads) {
    this.rounds = rounds;
    this.turn = turn;
    this.warmth = warmth;
    this.threads = threads;
  }

  public static void main(String[] arguments) throws IOException {
    var options = new HashMap<String, String>();
    var asked = new ArrayList<String>();
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].startsWith("--")) {
        options.put(arguments[i], arguments[++i]);
      } else {
        asked.add(arguments[i]);
      }
    }
    int rounds = Integer.parseInt(options.getOrDefault("--rounds", "7"));
    long turn = Long.parseLong(options.getOrDefault("--turn", "200")) * MILLISECOND;
    long warmth = Long.parseLong(options.getOrDefault("--warm", "2000")) * MILLISECOND;
    int threads = Integer.parseInt(options.getOrDefault("--threads", "2"));
    var workloads =
        asked.isEmpty()
            ? Workloads.all()
            : asked.stream().flatMap(a -> Workloads.matching(a).stream()).toList();
    var file = options.get("--json");
    var circumstances = Machine.describe(threads, rounds);
    List<String> failed = List.of();
    try (var comparison = new Comparison(rounds, turn, warmth, threads)) {
      for (var workload : workloads) {
        try {
          var measured = comparison.run(workload);
          measured.print();
          if (file != null) {
            Results.add(Path.of(file), circumstances, measured.toJson());
          }
        } catch (IOException | IllegalStateException e) {
          comparison.fail(workload.path(), e);
        }
      }
      failed = comparison.failed;
    } finally {
      if (System.getProperty(BertBase.DATA) == null) {
        BertBase.delete();
      }
    }
    if (!failed.isEmpty()) {
      System.err.println("not measured, see above: " + failed);
      System.exit(1);
    }
  }

  private Measured run(Workload workload) throws IOException {
    int used = workload.threads() > 0 ? workload.threads() : threads;
    System.err.printf(Locale.ROOT, "%s, %d threads%n", workload.path(), used);
    var contenders = new LinkedHashMap<String, RemoteContender>();
    try {
      for (var name : workload.contenders().keySet()) {
        open(workload, name, used).ifPresent(contender -> contenders.put(name, contender));
      }
      var differences = compare(workload, contenders);
      for (var contender : contenders.values()) {
        contender.go();
        contender.warm(warmth);
        contender.stop();
      }
      return measure(workload, used, contenders, differences);
    } finally {
      for (var contender : contenders.values()) {
        contender.close();
      }
    }
  }

  /** A contender, stopped. One that this machine does not have is left out, unless it is ours. */
  private Optional<RemoteContender> open(Workload workload, String name, int used)
      throws IOException {
    try {
      var contender = new RemoteContender(workload, name, used);
      contender.stop();
      return Optional.of(contender);
    } catch (IOException e) {
      if (name.equals(workload.contenders().keySet().iterator().next())) {
        throw e;
      }
      fail(workload.path() + " by " + name, e);
      return Optional.empty();
    }
  }

  private void fail(String what, Exception e) {
    System.err.println(what + ": " + e.getMessage());
    failed.add(what);
  }

  /** How far results lie from the first one's; refuses those that come from other work. */
  private static Map<String, Double> compare(
      Workload workload, Map<String, RemoteContender> contenders) {
    var differences = new LinkedHashMap<String, Double>();
    float[] first = null;
    for (var entry : contenders.entrySet()) {
      float[] result = entry.getValue().result();
      if (result.length == 0) {
        continue;
      }
      first = first == null ? result : first;
      double difference = difference(first, result);
      if (!(difference <= workload.tolerance())) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "%s: the results of %s differ by %.2g of the largest number, more than %.2g",
                workload.path(),
                entry.getKey(),
                difference,
                workload.tolerance()));
      }
      differences.put(entry.getKey(), difference);
    }
    return differences;
  }

  private static double difference(float[] expected, float[] got) {
    if (expected.length != got.length) {
      return Double.POSITIVE_INFINITY;
    }
    double most = 0;
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      double off = Math.abs((double) expected[i] - got[i]);
      most = Double.isNaN(off) ? Double.POSITIVE_INFINITY : Math.max(most, off);
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    return most == 0 ? 0 : most / largest;
  }

  private Measured measure(
      Workload workload,
      int used,
      Map<String, RemoteContender> contenders,
      Map<String, Double> differences)
      throws IOException {
    var measured = new Measured(workload, used);
    contenders.forEach(
        (name, c) -> measured.add(name, c.description(), differences.getOrDefault(name, -1.0)));
    var turns = new ArrayList<>(contenders.keySet());
    boolean ofPeak = workload.operations() > 0;
    long start = System.nanoTime();
    for (int round = 0; round < rounds; round++) {
      if (round >= LEAST_ROUNDS && System.nanoTime() - start > ENOUGH) {
        break;
      }
      Collections.shuffle(turns, order);
      for (var name : turns) {
        var contender = contenders.get(name);
        if (contender != null) {
          measured.turn(name, turn(contender, turn));
          if (ofPeak) {
            measured.peak(round, PeakWorkloads.OPERATIONS, turn(peak(used), PEAK_TURN));
          }
        }
      }
    }
    return measured;
  }

  private static long[] turn(RemoteContender contender, long nanos) throws IOException {
    contender.go();
    var times = contender.turn(nanos);
    contender.stop();
    return times;
  }

  private RemoteContender peak(int used) throws IOException {
    var known = peaks.get(used);
    if (known == null) {
      known = new RemoteContender(PeakWorkloads.peak(), PeakWorkloads.PEAK, used);
      known.warm(PEAK_TURN);
      known.stop();
      peaks.put(used, known);
    }
    return known;
  }

  @Override
  public void close() throws IOException {
    for (var peak : List.copyOf(peaks.values())) {
      peak.close();
    }
  }
}
