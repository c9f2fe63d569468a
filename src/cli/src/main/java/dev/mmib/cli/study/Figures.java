package dev.mmib.cli.study;

import dev.mmib.cli.study.Figure.Kind;
import dev.mmib.cli.study.Figure.Line;
import dev.mmib.model.Task;
import dev.mmib.score.MeanInterval;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is drawn of {@link Findings}: for each task, a figure for each question of the plan. */
final class Figures {

  private final Findings findings;
  private final Plan plan;

  Figures(Findings findings) {
    this.findings = findings;
    this.plan = findings.plan();
  }

  /** All that is known of a task. */
  List<Figure> of(Task task) {
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
            noise -> findings.mean(new Arm(task, noise, Change.NONE), Outcome::attainable)));
    for (var change : changes) {
      lines.add(
          line(change.name(), Kind.CURVE, noise -> findings.f1(new Arm(task, noise, change))));
    }
    lines.add(line(Change.TEXT_ONLY.name(), Kind.CURVE, noise -> findings.f1(textOnly)));
    lines.add(
        line(
            "attainable, text only",
            Kind.BOUND,
            noise -> findings.mean(textOnly, Outcome::attainableTextOnly)));
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
        noise ->
            findings.difference(new Arm(task, noise, Change.NONE), new Arm(task, noise, without)));
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
      f1.add(findings.f1(arm));
      less.add(arm.equals(arms.get(0)) ? null : findings.difference(arm, arms.get(0)));
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
    for (var pair : findings.devicePairs()) {
      positions.add(pair.name());
      values.add(findings.difference(pair.a(), pair.b()));
    }
    return new Figure(
        plan.lastTask().key() + "-devices",
        plan.lastTask().key() + ": the same runs on another device",
        "devices",
        "difference in F1",
        positions,
        List.of(new Line("mean difference", Kind.POINTS, values)));
  }
}
