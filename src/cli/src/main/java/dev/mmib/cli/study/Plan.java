package dev.mmib.cli.study;

import dev.mmib.demo.DemoData;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.model.Task;
import dev.mmib.train.Settings;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * What a study trains: small models, each under every seed.
 *
 * <p>The seed decides the data as well as the training, so that an interval over seeds speaks of
 * other data of this kind too; all models of one seed and share see the same posts, and what two of
 * them differ by is a paired difference. The text-only model sees no pictures: one share is enough.
 *
 * @param seeds 1, 2, … up to this number
 * @param noises shares of stray pictures
 * @param betas of both refinements, tried on the first task at {@link #middle}
 * @param forms of the alignment, tried likewise; named as they are shown
 * @param devices to compare the study's own with: on the last task, half as long, without stray
 *     pictures, since some are slow
 */
public record Plan(
    List<Task> tasks,
    int seeds,
    Sizes sizes,
    List<Double> noises,
    List<Double> betas,
    List<Form> forms,
    List<String> devices) {

  /**
   * How many posts, how often.
   *
   * @param pairEpochs for relations, which are learned sooner
   */
  public record Sizes(int train, int dev, int test, int epochs, int pairEpochs) {

    int epochs(Task task) {
      return task == Task.NER ? epochs : pairEpochs;
    }
  }

  /** A form of the alignment and its short name beside the others. */
  public record Form(String name, Change change) {}

  /** Small encoders: what is asked is what the regularizers add, not how far a large model goes. */
  private static final List<String> SETTINGS =
      List.of(
          "bert.layers=1",
          "bert.hidden=48",
          "bert.heads=4",
          "attentionHeads=4",
          "image.size=32",
          "crops=1",
          "maxLength=48",
          "batchSize=16",
          "learningRate=2e-3",
          "clip=1",
          "beta.alignment=0.1",
          "beta.text=" + Change.USUAL_BETA,
          "beta.image=" + Change.USUAL_BETA);

  private static final double IRRELEVANT_SHARE = 0.1;
  private static final double CLEAR_SHARE = 0.18;

  private static final List<Change> CURVES =
      List.of(Change.NONE, Change.WITHOUT_REFINEMENT, Change.WITHOUT_ALIGNMENT, Change.TEXT_ONLY);

  private static final List<Form> FORMS =
      List.of(
          new Form("none", Change.WITHOUT_ALIGNMENT),
          new Form("concat", Change.NONE),
          new Form("bilinear", Change.BILINEAR),
          new Form("InfoNCE", Change.INFONCE),
          new Form("InfoNCE, learned τ", Change.INFONCE_LEARNED));

  public Plan {
    tasks = List.copyOf(tasks);
    noises = List.copyOf(noises);
    betas = List.copyOf(betas);
    forms = List.copyOf(forms);
    devices = List.copyOf(devices);
    if (tasks.isEmpty() || noises.isEmpty() || seeds < 2) {
      throw new IllegalArgumentException(
          "Plan: " + tasks + ", shares " + noises + ", " + seeds + " seeds vs 1, 1 and 2 at least");
    }
  }

  /** The whole study. */
  public static Plan full(List<Task> tasks, int seeds, List<String> devices) {
    return new Plan(
        tasks,
        seeds,
        new Sizes(320, 120, 600, 8, 4),
        List.of(0.0, 0.25, 0.5, 0.75),
        List.of(0.0, 0.01, 0.1, 1.0),
        FORMS,
        devices);
  }

  /** Enough to see that it works; its intervals are wide. */
  public static Plan quick(List<Task> tasks, int seeds) {
    return new Plan(
        tasks,
        seeds,
        new Sizes(240, 80, 300, 6, 3),
        List.of(0.0, 0.5),
        List.of(0.0, 0.1, 1.0),
        List.of(),
        List.of());
  }

  /** The share at which β and the alignment's form are varied. */
  double middle() {
    return noises.get(noises.size() / 2);
  }

  /** Every arm once, those of one task and share side by side. */
  List<Arm> arms() {
    var arms = new LinkedHashSet<Arm>();
    for (var task : tasks) {
      for (double noise : noises) {
        addAll(arms, task, noise);
      }
    }
    return List.copyOf(arms);
  }

  private void addAll(LinkedHashSet<Arm> arms, Task task, double noise) {
    for (var change : CURVES) {
      if (!change.equals(Change.TEXT_ONLY) || noise == noises.get(0)) {
        arms.add(new Arm(task, noise, change));
      }
    }
    if (noise == noises.get(0) && task == lastTask() && !devices.isEmpty()) {
      arms.add(compared());
      devices.forEach(device -> arms.add(compared().on(device)));
    }
    if (noise == middle() && task == tasks.get(0)) {
      betas.forEach(beta -> arms.add(new Arm(task, noise, Change.beta(beta))));
      forms.forEach(form -> arms.add(new Arm(task, noise, form.change())));
    }
  }

  /** Whether an arm is one of those that are tried at every share. */
  boolean isOnCurve(Arm arm) {
    return CURVES.contains(arm.change());
  }

  Task lastTask() {
    return tasks.get(tasks.size() - 1);
  }

  /** What is run on each of the devices that are compared. */
  Arm compared() {
    int epochs = Math.max(1, sizes.epochs(lastTask()) / 2);
    return new Arm(lastTask(), noises.get(0), Change.epochs(epochs));
  }

  /** Whether an arm is one of those that differ by their device alone. */
  boolean comparesDevices(Arm arm) {
    return arm.change().equals(compared().change());
  }

  /** The data of a seed at a share. */
  DemoData.Options data(long seed, double noise) {
    return new DemoData.Options(
        seed, sizes.train(), sizes.dev(), sizes.test(), IRRELEVANT_SHARE, CLEAR_SHARE, noise);
  }

  /** The settings of an arm's training. */
  Settings settings(Arm arm, long seed) {
    var settings = new Settings(arm.task()).set("seed", Long.toString(seed));
    SETTINGS.forEach(settings::set);
    settings.set("epochs", Integer.toString(sizes.epochs(arm.task())));
    arm.change().settings().forEach(settings::set);
    return settings;
  }

  /** What all runs have in common: runs under another one cannot be put beside them. */
  JsonObject common() {
    var settings = new JsonArray();
    SETTINGS.forEach(settings::add);
    return new JsonObject()
        .put("train", sizes.train())
        .put("dev", sizes.dev())
        .put("test", sizes.test())
        .put("patternShare", IRRELEVANT_SHARE)
        .put("clearShare", CLEAR_SHARE)
        .put("nerEpochs", sizes.epochs())
        .put("reEpochs", sizes.pairEpochs())
        .put("settings", settings);
  }

  /** Without a fraction where there is none. */
  static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
