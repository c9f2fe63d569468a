package dev.mmib.cli;

import dev.mmib.data.Split;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import dev.mmib.score.EntityScore;
import dev.mmib.score.Prf;
import dev.mmib.train.Evaluation;
import dev.mmib.train.Significance;
import java.nio.file.Path;
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

  @Option(names = "--report", paramLabel = "FILE", description = "An HTML report with every miss.")
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
    try (var backend = device.open().backend()) {
      var found = Evaluation.of(backend, model, data, wanted, mode, shown);
      Significance significance = null;
      if (compare != null) {
        var other = Evaluation.of(backend, compare, data, wanted, mode, shown);
        if (other.task() != found.task()) {
          throw MmibException.in(
              compare.toString(),
              ErrorCode.USAGE,
              "is a model of the other task",
              "Compare models of one task.");
        }
        significance = Significance.of(found.scores().perRow(), other.scores().perRow(), seed);
      }
      shown.clear();
      if (report != null) {
        AtomicFile.write(report, EvaluationReport.html(model, found, significance));
      }
      if (json) {
        console.print(json(found, significance));
      } else {
        print(found, significance);
      }
    }
    return 0;
  }

  private static JsonObject json(Evaluation found, @Nullable Significance significance) {
    var perType = new JsonObject();
    found
        .scores()
        .perType()
        .forEach((type, score) -> perType.put(type, scores(score).put("support", score.support())));
    var compared =
        significance == null
            ? JsonScalar.NULL
            : new JsonObject()
                .put("deltaF1", significance.deltaF1())
                .put("ci95", new JsonArray().add(significance.low()).add(significance.high()))
                .put("pValue", significance.pValue());
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
        .put("missingImages", found.missingImages());
  }

  private static JsonObject scores(Prf score) {
    return new JsonObject()
        .put("p", score.precision())
        .put("r", score.recall())
        .put("f1", score.f1());
  }

  private void print(Evaluation found, @Nullable Significance significance) {
    console.print(found.scores().table().stripTrailing());
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
    if (significance != null) {
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
