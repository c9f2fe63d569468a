package dev.mmib.jmh;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the benchmarks of loading and converting in turns and prints how they compare.
 *
 * <p>A machine that is shared is faster at one time than at another. Each round therefore measures
 * all of them, in a process each, and the ratios are taken within a round.
 *
 * <pre>java -cp jmh/target/benchmarks.jar dev.mmib.jmh.Comparison [ROUNDS] [loading|converting]
 * </pre>
 */
public final class Comparison {

  private static final Map<String, List<String>> RATIOS =
      Map.of(
          "LoadingBenchmark", List.of("load", "readToDirectMemory", "readToPlainMemory"),
          "ConvertingBenchmark", List.of("convert", "copy", "copyAndForce"));

  private final Map<String, List<Double>> ratios = new LinkedHashMap<>();
  private final Map<String, List<Double>> times = new LinkedHashMap<>();

  private Comparison() {}

  public static void main(String[] arguments) throws RunnerException, IOException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    var only = arguments.length > 1 ? arguments[1].toLowerCase(Locale.ROOT) : "";
    var comparison = new Comparison();
    try {
      for (int round = 0; round < rounds; round++) {
        for (var benchmark : RATIOS.keySet().stream().sorted().toList()) {
          if (benchmark.toLowerCase(Locale.ROOT).startsWith(only)) {
            comparison.round(benchmark);
          }
        }
      }
      comparison.print();
    } finally {
      BertBase.delete();
    }
  }

  private void round(String benchmark) throws RunnerException {
    var options =
        new OptionsBuilder()
            .include(benchmark)
            .warmupIterations(6)
            .measurementIterations(7)
            .forks(1)
            .build();
    var scores = scores(new Runner(options).run());
    var names = RATIOS.getOrDefault(benchmark, List.of());
    for (var name : names) {
      note(times, name, scores.getOrDefault(name, Double.NaN));
    }
    for (var name : names.subList(1, names.size())) {
      double ratio =
          scores.getOrDefault(names.get(0), Double.NaN) / scores.getOrDefault(name, Double.NaN);
      note(ratios, names.get(0) + " / " + name, ratio);
    }
  }

  /** The median of each benchmark's measurements, in milliseconds. */
  private static Map<String, Double> scores(Collection<RunResult> results) {
    var scores = new LinkedHashMap<String, Double>();
    for (var result : results) {
      var label = result.getParams().getBenchmark();
      scores.put(
          label.substring(label.lastIndexOf('.') + 1),
          result.getPrimaryResult().getStatistics().getPercentile(50));
    }
    return scores;
  }

  private static void note(Map<String, List<Double>> lists, String name, double value) {
    lists.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
  }

  private void print() {
    System.out.println("what: median over the rounds (least .. most)");
    times.forEach((name, values) -> System.out.println(line(name + ", ms", values, "%.0f")));
    ratios.forEach((name, values) -> System.out.println(line(name, values, "%.2f")));
  }

  private static String line(String name, List<Double> values, String format) {
    double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
    double middle = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    var shown =
        Arrays.stream(new double[] {middle, sorted[0], sorted[sorted.length - 1]})
            .mapToObj(v -> String.format(Locale.ROOT, format, v))
            .toList();
    return name + ": " + shown.get(0) + " (" + shown.get(1) + " .. " + shown.get(2) + ")";
  }
}
