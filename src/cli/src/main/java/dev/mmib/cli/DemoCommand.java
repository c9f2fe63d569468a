package dev.mmib.cli;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.cli.DemoTraining.Run;
import dev.mmib.cli.DemoTraining.Variant;
import dev.mmib.cli.report.Report;
import dev.mmib.cli.report.ReportData.Fact;
import dev.mmib.demo.Attainable;
import dev.mmib.demo.DemoData;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.model.Task;
import dev.mmib.predict.Extractor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains on made posts whose attainable score is known, and reports what came out. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Makes posts with pictures, trains both tasks on them with and without the pictures,",
      "compares the scores with what is attainable, and writes a report."
    })
final class DemoCommand implements Callable<Integer> {

  private static final Path USUAL_OUT = Path.of("mmib-demo");
  private static final String RESULT = "demo.json";

  private final Console console;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Receives data, models and report. Default: mmib-demo, made anew each time.")
  private @Nullable Path out;

  @Option(names = "--quick", description = "Smaller data: a few minutes on two cores.")
  private boolean quick;

  @Option(names = "--ablation", description = "Also train without each of the two regularizers.")
  private boolean ablation;

  @Option(names = "--overwrite", description = "Replace an earlier demonstration in --out.")
  private boolean overwrite;

  @Option(names = "--seed", paramLabel = "N", description = "Decides all chance. Default: 1.")
  private long seed = 1;

  @Option(
      names = "--progress",
      paramLabel = "auto|bar|log|none",
      description = "How progress is shown. Default: auto.")
  private Progress.Kind progress = Progress.Kind.AUTO;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Mixin private final DeviceOptions device = new DeviceOptions();

  DemoCommand(Console console) {
    this.console = console;
  }

  /** One task's data and trainings. */
  private record TaskResult(Attainable attainable, List<Run> runs) {

    double f1(Variant variant) {
      return runs.stream()
          .filter(run -> run.variant() == variant)
          .mapToDouble(run -> run.test().f1())
          .findFirst()
          .orElseThrow();
    }

    Path model() {
      return runs.get(0).model();
    }

    JsonObject toJson(boolean ablation) {
      var json =
          new JsonObject()
              .put("f1", f1(Variant.FULL))
              .put("textOnlyF1", f1(Variant.TEXT_ONLY))
              .put("attainableF1", attainable.f1())
              .put("attainableTextOnlyF1", attainable.textOnlyF1());
      if (ablation) {
        json.put(
            "ablation",
            new JsonObject()
                .put("full", f1(Variant.FULL))
                .put("withoutRefinement", f1(Variant.WITHOUT_REFINEMENT))
                .put("withoutAlignment", f1(Variant.WITHOUT_ALIGNMENT))
                .put("textOnly", f1(Variant.TEXT_ONLY)));
      }
      return json;
    }
  }

  @Override
  public Integer call() {
    long start = System.nanoTime();
    var target = prepared();
    Interruption.expect(console);
    var data =
        DemoData.generate(
            target.resolve("data"),
            quick ? DemoData.Options.quick(seed) : DemoData.Options.full(seed));
    TaskResult ner;
    TaskResult re;
    String deviceName;
    try (var backend = device.open().backend()) {
      deviceName = backend.name();
      ner = train(backend, target, Task.NER, data.nerDir(), data.ner());
      re = ner == null ? null : train(backend, target, Task.RE, data.reDir(), data.re());
    }
    if (ner == null || re == null) {
      return Interruption.STATUS;
    }
    var page = page(data, ner, re);
    double seconds = (System.nanoTime() - start) / 1e9;
    var report = target.resolve("report.html");
    Report.write(
        report,
        page.data(
            "Entities and relations from posts that were made so that the best possible score is"
                + " known.",
            List.of(
                new Fact("device", deviceName),
                new Fact("computing", String.format(Locale.ROOT, "%.0f s", seconds)),
                new Fact("seed", Long.toString(seed)))));
    var result =
        new JsonObject()
            .put("device", deviceName)
            .put("seconds", seconds)
            .put("ner", ner.toJson(ablation))
            .put("re", re.toJson(ablation))
            .put("report", report.toString());
    AtomicFile.write(target.resolve(RESULT), Json.writeIndented(result));
    if (json) {
      console.print(result);
    } else {
      print("Entities", ner);
      print("Relations", re);
      console.print(String.format(Locale.ROOT, "%.0f s on %s", seconds, deviceName));
      console.print("Report: " + report);
      console.print("To extract from a post that was not seen in training:");
      console.print(
          "  " + ShellLine.mmib(DemoReport.example(ner.model(), data.nerDir(), data.nerTest())));
    }
    return 0;
  }

  private @Nullable TaskResult train(
      Backend backend, Path target, Task task, Path data, Attainable attainable) {
    var shown = new Progress(console, progress);
    var training = new DemoTraining(backend, target, seed, quick, shown);
    var runs = new ArrayList<Run>();
    for (var variant : Variant.values()) {
      if (variant.ordinal() > Variant.TEXT_ONLY.ordinal() && !ablation) {
        continue;
      }
      console.tell(task.key() + ", " + variant.title());
      var run = training.run(task, variant, data);
      shown.clear();
      if (run == null) {
        return null;
      }
      runs.add(run);
    }
    return new TaskResult(attainable, runs);
  }

  private DemoReport page(DemoData data, TaskResult ner, TaskResult re) {
    var page = new DemoReport();
    Device here = device.device();
    page.add("Entities", ner.attainable(), ner.runs());
    try (var extractor = Extractor.load(ner.model(), here)) {
      page.addEntities(extractor, data.nerDir(), data.nerTest());
    }
    page.add("Relations", re.attainable(), re.runs());
    try (var extractor = Extractor.load(re.model(), here)) {
      page.addRelations(extractor, data.reDir(), data.reTest());
    }
    return page;
  }

  private void print(String task, TaskResult result) {
    console.print(
        String.format(
            Locale.ROOT,
            "%-10s F1 %.3f of %.3f attainable; text only %.3f of %.3f",
            task,
            result.f1(Variant.FULL),
            result.attainable().f1(),
            result.f1(Variant.TEXT_ONLY),
            result.attainable().textOnlyF1()));
    for (var run : result.runs().subList(2, result.runs().size())) {
      console.print(
          String.format(Locale.ROOT, "  %-20s %.3f", run.variant().title(), run.test().f1()));
    }
  }

  /** An empty directory; an earlier demonstration in it is removed if that was agreed to. */
  private Path prepared() {
    var target = out == null ? USUAL_OUT : out;
    try {
      if (Files.exists(target) && !isEmpty(target)) {
        boolean earlier = Files.exists(target.resolve(RESULT));
        if (!(overwrite || (out == null && earlier))) {
          throw MmibException.in(
              target.toString(),
              ErrorCode.OUTPUT_EXISTS,
              "exists and is not empty",
              "Name another directory, or give --overwrite.");
        }
        remove(target.resolve("data"));
        for (var task : Task.values()) {
          for (var variant : Variant.values()) {
            remove(target.resolve(DemoTraining.directory(task, variant)));
          }
        }
      }
      Files.createDirectories(target);
      return target;
    } catch (IOException e) {
      throw MmibException.in(
              target.toString(), ErrorCode.IO, "cannot be made ready: " + e, "Check its rights.")
          .causedBy(e);
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (var entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    }
  }

  private static void remove(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
