package dev.mmib.cli.study;

import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import dev.mmib.io.JsonValue;
import dev.mmib.model.Task;
import dev.mmib.score.MeanInterval;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes what a study found: a page of tables and charts, the same as JSON, the charts as PNG. */
public final class StudyReport {

  private StudyReport() {}

  /** Writes summary.md, summary.json and the charts, and returns what the JSON has. */
  public static JsonObject write(Findings findings, Path out) {
    var text = new StringBuilder("# Study\n\n").append(introduction(findings));
    var tasks = new JsonObject();
    for (var task : findings.plan().tasks()) {
      text.append("\n## ").append(task == Task.NER ? "Entities" : "Relations").append('\n');
      var json = new JsonObject();
      for (var figure : new Figures(findings).of(task)) {
        var image = figure.name() + ".png";
        FigureChart.write(figure, out.resolve(image));
        text.append("\n### ").append(figure.title()).append("\n\n").append(figure.markdown());
        if (!figure.drawn().isEmpty()) {
          text.append("\n![").append(figure.title()).append("](").append(image).append(")\n");
        }
        json.put(figure.name().substring(task.key().length() + 1), figure.toJson());
      }
      text.append('\n').append(growth(findings, task, json));
      if (task == findings.plan().lastTask()) {
        text.append(devices(findings, json));
      }
      tasks.put(task.key(), json);
    }
    var page = out.resolve("summary.md");
    AtomicFile.write(page, text.toString());
    var json =
        new JsonObject()
            .put("device", findings.device())
            .put("runs", findings.runs())
            .put("complete", findings.complete())
            .put("seconds", findings.seconds())
            .put("common", findings.plan().common())
            .put("tasks", tasks)
            .put("report", page.toString());
    AtomicFile.write(out.resolve("summary.json"), Json.writeIndented(json));
    return json;
  }

  private static String introduction(Findings findings) {
    var sizes = findings.plan().sizes();
    return String.format(
        Locale.ROOT,
        "%d of %d runs on `%s`, seeds 1 to %d; %d posts to learn from, %d to choose the epoch by, %d"
            + " to test on; %d epochs for entities, %d for relations.%n%n"
            + "Values are means over seeds with their 95 %% interval (Student's t); differences are"
            + " paired by seed. One interval in twenty misses by chance.%n",
        findings.runs(),
        findings.plan().arms().size() * findings.plan().seeds(),
        findings.device(),
        findings.plan().seeds(),
        sizes.train(),
        sizes.dev(),
        sizes.test(),
        sizes.epochs(),
        sizes.pairEpochs());
  }

  private static String growth(Findings findings, Task task, JsonObject json) {
    var refinement = findings.growth(task, Change.WITHOUT_REFINEMENT);
    var alignment = findings.growth(task, Change.WITHOUT_ALIGNMENT);
    json.put(
        "growth",
        new JsonObject().put("refinement", number(refinement)).put("alignment", number(alignment)));
    return "Slope of the difference over the share of stray pictures: refinement "
        + Figure.cell(refinement)
        + ", alignment "
        + Figure.cell(alignment)
        + ".\n";
  }

  private static JsonValue number(@Nullable MeanInterval value) {
    return value == null ? JsonScalar.NULL : Figure.put(new JsonObject(), value);
  }

  private static String devices(Findings findings, JsonObject json) {
    var text = new StringBuilder();
    var verdicts = new JsonObject();
    for (var pair : findings.devicePairs()) {
      var mean = findings.difference(pair.a(), pair.b());
      if (mean == null) {
        continue;
      }
      var differences = findings.differences(pair.a(), pair.b());
      var sizes = Arrays.stream(differences).map(Math::abs).summaryStatistics();
      boolean none = Findings.isNone(mean);
      verdicts.put(pair.name(), none);
      text.append(
          String.format(
              Locale.ROOT,
              "%n%s: %s; mean size %.4f, largest %.4f over %d seeds: %s (none: zero is in the"
                  + " interval and the mean below %.3f).%n",
              pair.name(),
              Figure.cell(mean),
              sizes.getAverage(),
              sizes.getMax(),
              differences.length,
              none ? "no difference" : "not shown to be equal",
              Findings.NEGLIGIBLE));
    }
    json.put("devicesDoNotDiffer", verdicts);
    return text.toString();
  }
}
