package dev.mmib.cli;

import dev.mmib.backend.BackendProvider;
import dev.mmib.backend.Device;
import dev.mmib.cli.study.Plan;
import dev.mmib.cli.study.Study;
import dev.mmib.cli.study.StudyReport;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.FileTree;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains many small models over seeds and shows what the regularizers buy, with intervals. */
@Command(
    name = "study",
    mixinStandardHelpOptions = true,
    description = {
      "Trains small models over seeds on made posts while the share of stray pictures, the weight",
      "of the refinement and the form of the alignment vary; draws the curves with 95 %% intervals.",
      "Ctrl-C keeps the finished runs; --resume goes on."
    })
final class StudyCommand implements Callable<Integer> {

  private static final int MOST_SEEDS = 1000;

  private final Console console;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Receives runs.jsonl, the charts, summary.md and summary.json.")
  private Path out = Path.of("");

  @Option(names = "--seeds", paramLabel = "N", description = "2 to 1000. Default: 5.")
  private int seeds = 5;

  @Option(
      names = "--tasks",
      paramLabel = "ner,re",
      split = ",",
      description = "Default: both, entities first.")
  private List<Task> tasks = List.of(Task.NER, Task.RE);

  @Option(names = "--quick", description = "Smaller data, fewer variants: wide intervals.")
  private boolean quick;

  @Option(names = "--resume", description = "Go on with the study in --out.")
  private boolean resume;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Mixin private final DeviceOptions device = new DeviceOptions();

  StudyCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (seeds < 2 || seeds > MOST_SEEDS) {
      throw MmibException.of(
          ErrorCode.USAGE,
          "--seeds is " + seeds + ", not 2 to " + MOST_SEEDS,
          "An interval needs two runs or more.");
    }
    var distinct = tasks.stream().distinct().toList();
    return run(
        quick ? Plan.quick(distinct, seeds) : Plan.full(distinct, seeds, others(device.device())));
  }

  /** Runs what is missing of a plan, and reports on all of it. */
  int run(Plan plan) {
    if (!resume && Study.existsIn(out)) {
      throw MmibException.in(
          out.toString(),
          ErrorCode.OUTPUT_EXISTS,
          "there is a study already",
          "Go on with it by --resume, or name another directory.");
    }
    if (!Study.existsIn(out) && !isEmptyOrAbsent(out)) {
      throw MmibException.in(
          out.toString(),
          ErrorCode.OUTPUT_EXISTS,
          "is not empty, and there is no study in it",
          "Name another directory.");
    }
    Interruption.expect(console);
    var findings = new Study(plan, out, device.device(), console::tell, Interruption::asked).run();
    var result = StudyReport.write(findings, out);
    if (json) {
      console.print(result);
    } else {
      console.print("Report: " + result.string("report"));
    }
    if (!findings.complete()) {
      console.tell("interrupted; --resume goes on");
      return Interruption.STATUS;
    }
    return 0;
  }

  /** The CPU devices to compare the chosen one with. */
  private List<String> others(Device chosen) {
    var others = new ArrayList<String>();
    boolean taken = false;
    for (var status : Device.all()) {
      var name = status.provider().name();
      if (status.unavailableBecause().isPresent()) {
        console.tell("not compared: " + name + ": " + status.unavailableBecause().get());
      } else if (!taken && mayBe(chosen, status.provider())) {
        taken = true;
      } else {
        others.add(0, name); // the simplest first
      }
    }
    return others;
  }

  private static boolean mayBe(Device chosen, BackendProvider provider) {
    return chosen.name().equals(provider.name())
        || (chosen.name().equals("auto") && provider.precisions().contains(chosen.precision()));
  }

  private static boolean isEmptyOrAbsent(Path directory) {
    try {
      return !Files.exists(directory) || FileTree.entries(directory).isEmpty();
    } catch (IOException e) {
      throw MmibException.in(
              directory.toString(),
              ErrorCode.IO,
              "cannot be read: " + e.getClass().getSimpleName(),
              "Name a directory.")
          .causedBy(e);
    }
  }
}
