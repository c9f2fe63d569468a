package dev.mmib.cli.study;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.demo.DemoData;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.model.Task;
import dev.mmib.train.Existing;
import dev.mmib.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The trainings of a plan, one after the other, each written down when it ends.
 *
 * <p>A run depends on its arm and seed alone. So a study can be stopped at any time and continued:
 * what is in {@code runs.jsonl} is not run again. What is compared has its turn under one seed
 * before the next seed, so that a study that was stopped has whole pairs. Data and models are
 * removed as it goes.
 */
public final class Study {

  private static final String RUNS = "runs.jsonl";
  private static final String COMMON = "study.json";

  /** Made and removed by the study; nothing else is. */
  private static final String WORK = ".study-work";

  private final Plan plan;
  private final Path out;
  private final Device device;
  private final Consumer<String> told;
  private final BooleanSupplier stop;
  private final Map<String, Backend> backends = new HashMap<>();
  private long started;
  private int startedWith;

  /**
   * @param device on which all but the comparison of devices runs
   * @param told of every run that ends
   * @param stop becomes true when the study should end; the run under way is dropped
   */
  public Study(Plan plan, Path out, Device device, Consumer<String> told, BooleanSupplier stop) {
    this.plan = plan;
    this.out = out;
    this.device = device;
    this.told = told;
    this.stop = stop;
  }

  /** Whether there is a study in a directory. */
  public static boolean existsIn(Path directory) {
    return RunLog.exists(directory.resolve(RUNS)) || Files.exists(directory.resolve(COMMON));
  }

  /** Runs what is not yet done, and says what all runs come to. */
  public Findings run() {
    started = System.nanoTime();
    try {
      Files.createDirectories(out);
    } catch (IOException e) {
      throw failed(out, e);
    }
    try (var log = RunLog.open(out.resolve(RUNS))) {
      startedWith = log.outcomes().size();
      var name = backend("").name();
      settle(name, log.outcomes().isEmpty());
      for (var arms : phases().values()) {
        for (long seed = 1; seed <= plan.seeds(); seed++) {
          run(arms, seed, log);
        }
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      return new Findings(plan, name, log.outcomes(), seconds);
    } finally {
      backends.values().forEach(Backend::close);
      backends.clear();
      remove(out.resolve(WORK));
    }
  }

  /** Notes what all runs have in common, or refuses to add runs that have something else. */
  private void settle(String deviceName, boolean fresh) {
    var file = out.resolve(COMMON);
    var common = plan.common().put("device", deviceName);
    if (fresh) {
      AtomicFile.write(file, Json.writeIndented(common));
    } else if (!Json.read(file, ErrorCode.CONFIG).equals(common)) {
      throw MmibException.in(
          file.toString(),
          ErrorCode.OUTPUT_EXISTS,
          "the runs there had other sizes, settings or another device",
          "Continue as it was begun, or name another directory.");
    }
  }

  /**
   * The arms in the order in which they have their turn: the first task's curves over shares; those
   * that compare devices; β and the forms of the alignment; the other tasks' curves.
   */
  private SortedMap<Integer, List<Arm>> phases() {
    var phases = new TreeMap<Integer, List<Arm>>();
    for (var arm : plan.arms()) {
      int task = plan.tasks().indexOf(arm.task());
      boolean first = task == 0 && plan.isOnCurve(arm);
      int phase = first ? 0 : plan.comparesDevices(arm) ? 1 : 2 + task;
      phases.computeIfAbsent(phase, key -> new ArrayList<>()).add(arm);
    }
    return phases;
  }

  private void run(List<Arm> arms, long seed, RunLog log) {
    for (double noise : plan.noises()) {
      var missing =
          arms.stream().filter(arm -> arm.noise() == noise && !log.has(arm, seed)).toList();
      if (!missing.isEmpty() && !stop.getAsBoolean()) {
        runAll(missing, seed, log);
      }
    }
  }

  /** Runs arms that have their data in common. */
  private void runAll(List<Arm> arms, long seed, RunLog log) {
    var directory = out.resolve(WORK).resolve("data");
    remove(directory);
    var options = plan.data(seed, arms.get(0).noise());
    var data =
        arms.get(0).task() == Task.NER
            ? DemoData.entities(directory, options)
            : DemoData.relations(directory, options);
    for (var arm : arms) {
      var outcome = stop.getAsBoolean() ? null : run(arm, seed, data);
      if (outcome == null) {
        break;
      }
      log.add(outcome);
      told.accept(progress(outcome, arm, log.outcomes().size()));
    }
    remove(directory);
  }

  private @Nullable Outcome run(Arm arm, long seed, DemoData.Part data) {
    long start = System.nanoTime();
    var backend = backend(arm.device());
    var result =
        Trainer.of(plan.settings(arm, seed), data.directory())
            .stopWhen(stop)
            .run(backend, out.resolve(WORK).resolve("run"), Existing.OVERWRITE);
    remove(out.resolve(WORK).resolve("run"));
    if (result.interrupted()) {
      return null;
    }
    return new Outcome(
        arm.key(),
        seed,
        backend.name(),
        Objects.requireNonNull(result.test()).f1(),
        result.dev().f1(),
        data.attainable().f1(),
        data.attainable().textOnlyF1(),
        result.bestEpoch(),
        (System.nanoTime() - start) / 1e9);
  }

  private Backend backend(String name) {
    return backends.computeIfAbsent(
        name,
        key -> (key.isEmpty() ? device : Device.of(key).withThreads(device.threads())).open());
  }

  private String progress(Outcome outcome, Arm arm, int done) {
    int all = plan.arms().size() * plan.seeds();
    double each = (System.nanoTime() - started) / 1e9 / Math.max(1, done - startedWith);
    return String.format(
        "%d/%d  %s, seed %d: F1 %.3f of %.3f attainable  %.1f s; about %.0f min left",
        done,
        all,
        outcome.arm(),
        outcome.seed(),
        outcome.f1(),
        arm.change().equals(Change.TEXT_ONLY) ? outcome.attainableTextOnly() : outcome.attainable(),
        outcome.seconds(),
        each * Math.max(0, all - done) / 60);
  }

  private static void remove(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  private static MmibException failed(Path path, IOException e) {
    return MmibException.in(
            path.toString(),
            ErrorCode.IO,
            "cannot be made or removed: " + e.getClass().getSimpleName(),
            "Check its permissions and the free space.")
        .causedBy(e);
  }
}
