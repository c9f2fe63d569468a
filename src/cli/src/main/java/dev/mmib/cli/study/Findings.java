package dev.mmib.cli.study;

import dev.mmib.cli.study.Figure.Kind;
import dev.mmib.cli.study.Figure.Line;
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

  private @Nullable MeanInterval mean(Arm arm, ToDoubleFunction<Outcome> of) {
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

  /** All that is known of a task. */
  List<Figure> figures(Task task) {
    var figures = new ArrayList<Figure>();
    figures.add(scores(task));
    figures.add(worth(task));
    boolean first = task == plan.tasks().get(0);
    if (first && !plan.betas().isEmpty()) {
      figures.add(betas(task));
    }
    if (first && !plan.forms().isEmpty()) {
      figures.add(forms(task));
    }
    if (task == plan.lastTask() && !plan.devices().isEmpty()) {
      figures.add(devices());
    }
    return figures;
  }

  private Figure scores(Task task) {
    var textOnly = new Arm(task, plan.noises().get(0), Change.TEXT_ONLY);
    var changes = List.of(Change.NONE, Change.WITHOUT_REFINEMENT, Change.WITHOUT_ALIGNMENT);
    var lines = new ArrayList<Line>();
    lines.add(
        line(
            "attainable",
            Kind.BOUND,
            noise -> mean(new Arm(task, noise, Change.NONE), Outcome::attainable)));
    for (var change : changes) {
      lines.add(line(change.name(), Kind.CURVE, noise -> f1(new Arm(task, noise, change))));
    }
    lines.add(line(Change.TEXT_ONLY.name(), Kind.CURVE, noise -> f1(textOnly)));
    lines.add(
        line(
            "attainable, text only",
            Kind.BOUND,
            noise -> mean(textOnly, Outcome::attainableTextOnly)));
    return new Figure(
        task.key() + "-noise",
        task.key() + ": F1 as pictures stray",
        "share of stray pictures",
        "F1",
        shares(),
        lines);
  }

  /** Of each share of stray pictures, a value or nothing. */
  @FunctionalInterface
  private interface ByShare {
    @Nullable MeanInterval at(double noise);
  }

  private Line line(String name, Kind kind, ByShare values) {
    var found = new ArrayList<@Nullable MeanInterval>();
    for (double noise : plan.noises()) {
      found.add(values.at(noise));
    }
    return new Line(name, kind, found);
  }

  private List<String> shares() {
    return plan.noises().stream().map(Plan::number).toList();
  }

  private Figure worth(Task task) {
    return new Figure(
        task.key() + "-worth",
        task.key() + ": what each regularizer buys as pictures stray",
        "share of stray pictures",
        "difference in F1",
        shares(),
        List.of(worth(task, Change.WITHOUT_REFINEMENT), worth(task, Change.WITHOUT_ALIGNMENT)));
  }

  private Line worth(Task task, Change without) {
    return line(
        "full − " + without.name(),
        Kind.CURVE,
        noise -> difference(new Arm(task, noise, Change.NONE), new Arm(task, noise, without)));
  }

  private Figure betas(Task task) {
    var arms =
        plan.betas().stream().map(b -> new Arm(task, plan.middle(), Change.beta(b))).toList();
    return compared(
        task,
        "beta",
        "F1 against β of both refinements",
        "β",
        Kind.CURVE,
        plan.betas().stream().map(Plan::number).toList(),
        arms);
  }

  private Figure forms(Task task) {
    var arms = plan.forms().stream().map(f -> new Arm(task, plan.middle(), f.change())).toList();
    return compared(
        task,
        "alignment",
        "F1 against the alignment's form",
        "alignment",
        Kind.POINTS,
        plan.forms().stream().map(Plan.Form::name).toList(),
        arms);
  }

  /** F1 of some arms, and how far they are from the first one. */
  private Figure compared(
      Task task,
      String name,
      String title,
      String xTitle,
      Kind kind,
      List<String> positions,
      List<Arm> arms) {
    var f1 = new ArrayList<@Nullable MeanInterval>();
    var less = new ArrayList<@Nullable MeanInterval>();
    for (var arm : arms) {
      f1.add(f1(arm));
      less.add(arm.equals(arms.get(0)) ? null : difference(arm, arms.get(0)));
    }
    return new Figure(
        task.key() + "-" + name,
        task.key() + ": " + title + ", share of stray pictures " + Plan.number(plan.middle()),
        xTitle,
        "F1",
        positions,
        List.of(
            new Line("F1", kind, f1),
            new Line("less that of " + positions.get(0), Kind.HIDDEN, less)));
  }

  private Figure devices() {
    var positions = new ArrayList<String>();
    var values = new ArrayList<@Nullable MeanInterval>();
    for (var pair : devicePairs()) {
      positions.add(pair.name());
      values.add(difference(pair.a(), pair.b()));
    }
    return new Figure(
        plan.lastTask().key() + "-devices",
        plan.lastTask().key() + ": the same runs on another device",
        "devices",
        "difference in F1",
        positions,
        List.of(new Line("mean difference", Kind.POINTS, values)));
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
