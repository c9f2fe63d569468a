package dev.mmib.cli;

import dev.mmib.cli.report.Report;
import dev.mmib.data.Split;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import dev.mmib.io.JsonValue;
import dev.mmib.predict.Look;
import dev.mmib.score.Calibration;
import dev.mmib.score.Confusion;
import dev.mmib.score.EntityScore;
import dev.mmib.score.Prf;
import dev.mmib.train.Evaluation;
import dev.mmib.train.Evaluator;
import dev.mmib.train.Significance;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Scores a model on a split of a data directory. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = "Scores a model on a split of a data directory, per type as seqeval prints it.")
final class EvaluateCommand implements Callable<Integer> {

  private final Console console;

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A trained model.")
  private Path model = Path.of("");

  @Option(names = "--data", required = true, paramLabel = "DIR", description = "The data.")
  private Path data = Path.of("");

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description = "train, dev (also valid, val) or test. Default: test.")
  private String split = "test";

  @Option(
      names = "--mode",
      paramLabel = "lenient|strict",
      description =
          "How entities are counted: as seqeval's default, or B- first. Default: lenient.")
  private EntityScore.Mode mode = EntityScore.Mode.LENIENT;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "An HTML report: tables, calibration, the worst posts.")
  private @Nullable Path report;

  @Option(
      names = "--compare",
      paramLabel = "MODEL",
      description = "Another model of the task: how much better the first is, and how surely.")
  private @Nullable Path compare;

  @Option(names = "--seed", paramLabel = "N", description = "Of the bootstrap. Default: 1.")
  private long seed = 1;

  @Option(
      names = "--progress",
      paramLabel = "auto|bar|log|none",
      description = "How progress is shown. Default: auto.")
  private Progress.Kind progress = Progress.Kind.AUTO;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Mixin private final DeviceOptions device = new DeviceOptions();

  EvaluateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var wanted = Split.named(split);
    if (report != null) {
      OutputFile.require(report, true, null);
    }
    var shown = new Progress(console, progress);
    if (compare != null) {
      Comparison.requireSameTask(model, compare);
    }
    try (var backend = device.open().backend()) {
      // The other one first: only this model is asked about single rows afterwards.
      var other =
          compare == null ? null : Evaluation.of(backend, compare, data, wanted, mode, shown);
      try (var evaluator = Evaluator.open(backend, model, data, wanted)) {
        var found = evaluator.evaluate(mode, shown);
        var comparison =
            compare == null || other == null ? null : Comparison.of(compare, found, other, seed);
        if (report != null) {
          write(report, evaluator, found, comparison, shown);
        }
        shown.clear();
        if (json) {
          console.print(json(found, comparison));
        } else {
          print(found, comparison);
        }
      }
    }
    return 0;
  }

  private void write(
      Path file,
      Evaluator evaluator,
      Evaluation found,
      @Nullable Comparison comparison,
      Progress shown) {
    var page = new EvaluationReport(model, data, Instant.now(), found, comparison);
    var looks = new HashMap<Integer, List<Look>>();
    var rows = page.shownRows();
    for (int row : rows) {
      looks.put(row, evaluator.looks(row));
      shown.scoring("attention", looks.size(), rows.size());
    }
    Report.write(file, page.page(looks));
  }

  private static JsonObject json(Evaluation found, @Nullable Comparison comparison) {
    var perType = new JsonObject();
    found
        .scores()
        .perType()
        .forEach((type, score) -> perType.put(type, scores(score).put("support", score.support())));
    var compared = comparison == null ? JsonScalar.NULL : json(comparison.significance());
    var line =
        new JsonObject()
            .put("task", found.task().key())
            .put("split", found.split().toString())
            .put("mode", found.mode().name().toLowerCase(Locale.ROOT))
            .put("device", found.device());
    scores(found.micro()).members().forEach(line::put);
    return line.put("perType", perType)
        .put("compare", compared)
        .put("rows", found.rows().size())
        .put("missingImages", found.missingImages())
        .put("calibration", found.calibration().map(c -> json(c)).orElse(JsonScalar.NULL))
        .put("confusion", json(found.scores().confusion()));
  }

  private static JsonValue json(Significance significance) {
    return new JsonObject()
        .put("deltaF1", significance.deltaF1())
        .put("ci95", new JsonArray().add(significance.low()).add(significance.high()))
        .put("pValue", significance.pValue());
  }

  private static JsonValue json(Calibration calibration) {
    return new JsonObject()
        .put("ece", calibration.ece())
        .put("brier", calibration.brier())
        .put("predictions", calibration.n());
  }

  /** Rows are gold, columns are found; null is the label of nothing. */
  private static JsonObject json(Confusion confusion) {
    var labels = new JsonArray();
    var counts = new JsonArray();
    for (var label : confusion.labels()) {
      if (label.equals(Confusion.NOTHING)) {
        labels.add(JsonScalar.NULL);
      } else {
        labels.add(label);
      }
      var row = new JsonArray();
      Arrays.stream(confusion.row(label)).forEach(row::add);
      counts.add(row);
    }
    return new JsonObject().put("labels", labels).put("counts", counts);
  }

  private static JsonObject scores(Prf score) {
    return new JsonObject()
        .put("p", score.precision())
        .put("r", score.recall())
        .put("f1", score.f1());
  }

  private void print(Evaluation found, @Nullable Comparison comparison) {
    console.print(found.scores().table().report().stripTrailing());
    var score = found.micro();
    console.print(
        String.format(
            Locale.ROOT,
            "%n%s, %d rows, %s, device %s: P %.4f  R %.4f  F1 %.4f",
            found.split(),
            found.rows().size(),
            found.mode().name().toLowerCase(Locale.ROOT),
            found.device(),
            score.precision(),
            score.recall(),
            score.f1()));
    if (found.missingImages() > 0) {
      console.print(found.missingImages() + " posts without a picture");
    }
    found
        .calibration()
        .ifPresent(
            c ->
                console.print(
                    String.format(
                        Locale.ROOT,
                        "calibration of %d scores: ECE %.4f, Brier %.4f",
                        c.n(),
                        c.ece(),
                        c.brier())));
    if (comparison != null) {
      var significance = comparison.significance();
      console.print(
          String.format(
              Locale.ROOT,
              "difference of F1 %+.4f, 95 %% interval %+.4f to %+.4f, p = %.4f",
              significance.deltaF1(),
              significance.low(),
              significance.high(),
              significance.pValue()));
    }
  }
}
