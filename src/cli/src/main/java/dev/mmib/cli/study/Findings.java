package dev.mmib.cli.study;

import dev.mmib.model.Task;
import dev.mmib.score.MeanInterval;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.commons.math3.stat.regression.SimpleRegression;
import org.jspecify.annotations.Nullable;

/**
 * What the runs of a study say: means over seeds, and paired differences, each with its 95 %
 * interval.
 *
 * <p>A difference is taken over the seeds that both arms were run under; of fewer than two nothing
 * is said.
 */
public final class Findings {

  /** A mean difference above this is one, however many seeds it takes to see it. */
  static final double NEGLIGIBLE = 0.005;

  private final Plan plan;
  private final String device;
  private final double seconds;
  private final int runs;
  private final Map<String, Map<Long, Outcome>> byArm = new HashMap<>();

  Findings(Plan plan, String device, List<Outcome> outcomes, double seconds) {
    this.plan = plan;
    this.device = device;
    this.seconds = seconds;
    for (var outcome : outcomes) {
      byArm.computeIfAbsent(outcome.arm(), arm -> new HashMap<>()).put(outcome.seed(), outcome);
    }
    this.runs = (int) plan.arms().stream().mapToLong(arm -> seeds(arm).size()).sum();
  }

  Plan plan() {
    return plan;
  }

  String device() {
    return device;
  }

  double seconds() {
    return seconds;
  }

  /** Runs of the plan that are done. */
  int runs() {
    return runs;
  }

  /** Whether every run of the plan is done. */
  public boolean complete() {
    return runs == plan.arms().size() * plan.seeds();
  }

  /** The seeds that an arm was run under, of the plan's. */
  private List<Long> seeds(Arm arm) {
    return byArm.getOrDefault(arm.key(), Map.of()).keySet().stream()
        .filter(seed -> seed <= plan.seeds())
        .sorted()
        .toList();
  }

  @Nullable MeanInterval mean(Arm arm, ToDoubleFunction<Outcome> of) {
    var outcomes = byArm.getOrDefault(arm.key(), Map.of());
    return interval(seeds(arm).stream().map(outcomes::get).mapToDouble(of).toArray());
  }

  @Nullable MeanInterval f1(Arm arm) {
    return mean(arm, Outcome::f1);
  }

  /** F1 of {@code a} less that of {@code b}, under the same seeds. */
  @Nullable MeanInterval difference(Arm a, Arm b) {
    return interval(differences(a, b));
  }

  double[] differences(Arm a, Arm b) {
    var ours = byArm.getOrDefault(a.key(), Map.of());
    var theirs = byArm.getOrDefault(b.key(), Map.of());
    var found = new ArrayList<Double>();
    for (long seed : seeds(a)) {
      var one = ours.get(seed);
      var other = theirs.get(seed);
      if (one != null && other != null) {
        found.add(one.f1() - other.f1());
      }
    }
    return found.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static @Nullable MeanInterval interval(double[] values) {
    return values.length < 2 ? null : MeanInterval.of(values);
  }

  /**
   * By how much the worth of a regularizer rises from no stray pictures to only such: the slope of
   * full − without over the share, fitted for each seed, then averaged.
   */
  @Nullable MeanInterval growth(Task task, Change without) {
    var slopes = new ArrayList<Double>();
    for (long seed = 1; seed <= plan.seeds(); seed++) {
      var line = new SimpleRegression();
      for (double noise : plan.noises()) {
        var full = find(new Arm(task, noise, Change.NONE), seed);
        var other = find(new Arm(task, noise, without), seed);
        if (full != null && other != null) {
          line.addData(noise, full.f1() - other.f1());
        }
      }
      if (line.getN() == plan.noises().size() && line.getN() > 1) {
        slopes.add(line.getSlope());
      }
    }
    return interval(slopes.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private @Nullable Outcome find(Arm arm, long seed) {
    return byArm.getOrDefault(arm.key(), Map.of()).get(seed);
  }

  /** Two arms that differ by their device alone. */
  record DevicePair(String name, Arm a, Arm b) {}

  List<DevicePair> devicePairs() {
    var names = new ArrayList<>(List.of(device));
    var own = plan.compared();
    var arms = new ArrayList<>(List.of(own));
    for (var other : plan.devices()) {
      names.add(other);
      arms.add(own.on(other));
    }
    var pairs = new ArrayList<DevicePair>();
    for (int i = 0; i < arms.size(); i++) {
      for (int k = i + 1; k < arms.size(); k++) {
        pairs.add(new DevicePair(names.get(i) + " − " + names.get(k), arms.get(i), arms.get(k)));
      }
    }
    return pairs;
  }

  /** Whether the interval has zero in it and the mean is negligible. */
  static boolean isNone(MeanInterval difference) {
    return difference.low() <= 0
        && difference.high() >= 0
        && Math.abs(difference.mean()) < NEGLIGIBLE;
  }
}
