package dev.mmib.cli;

import dev.mmib.cli.report.Report;
import dev.mmib.cli.report.ReportData;
import dev.mmib.cli.report.ReportData.Bar;
import dev.mmib.cli.report.ReportData.Fact;
import dev.mmib.cli.report.ReportData.Mark;
import dev.mmib.cli.report.ReportData.PostCard;
import dev.mmib.cli.report.ReportData.Section;
import dev.mmib.model.Task;
import dev.mmib.score.Prf;
import dev.mmib.train.Evaluation;
import dev.mmib.train.Significance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a report says of an evaluation: the scores, and the rows that are not right. */
final class EvaluationReport {

  private static final int MOST_ROWS = 500;

  private EvaluationReport() {}

  static String html(Path model, Evaluation found, @Nullable Significance significance) {
    var sections = new ArrayList<Section>();
    sections.add(bars(found));
    sections.add(table(found));
    sections.add(misses(found));
    return Report.html(
        new ReportData(
            "Evaluation of " + model,
            significance == null ? "" : sentence(significance),
            facts(found),
            sections));
  }

  private static String sentence(Significance significance) {
    return String.format(
        Locale.ROOT,
        "Difference of F1 to the other model: %+.4f, 95 %% interval %+.4f to %+.4f, p = %.4f.",
        significance.deltaF1(),
        significance.low(),
        significance.high(),
        significance.pValue());
  }

  private static List<Fact> facts(Evaluation found) {
    return List.of(
        new Fact("task", found.task().key()),
        new Fact("split", found.split().toString()),
        new Fact("rows", Integer.toString(found.rows().size())),
        new Fact("counted", found.mode().name().toLowerCase(Locale.ROOT)),
        new Fact("device", found.device()),
        new Fact("without picture", Integer.toString(found.missingImages())));
  }

  private static Section bars(Evaluation found) {
    var score = found.micro();
    return new ReportData.Scores(
        "Scores",
        "",
        List.of(
            Bar.of("", "precision", score.precision()),
            Bar.of("", "recall", score.recall()),
            Bar.of("", "F1", score.f1())));
  }

  private static Section table(Evaluation found) {
    var rows = new ArrayList<List<String>>();
    found.scores().perType().forEach((type, score) -> rows.add(line(type, score)));
    rows.add(line("all", found.micro()));
    return new ReportData.Table(
        "Per type", "", List.of("type", "precision", "recall", "F1", "support"), rows);
  }

  private static List<String> line(String name, Prf score) {
    return List.of(
        name,
        digits(score.precision()),
        digits(score.recall()),
        digits(score.f1()),
        Integer.toString(score.support()));
  }

  private static String digits(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private static Section misses(Evaluation found) {
    var wrong = found.rows().stream().filter(row -> !row.isRight()).toList();
    var cards = wrong.stream().limit(MOST_ROWS).map(row -> card(found.task(), row)).toList();
    var text =
        wrong.size()
            + " rows are not right"
            + (wrong.size() > MOST_ROWS ? "; these are the first " + MOST_ROWS + "." : ".");
    return new ReportData.Posts("Misses", text, cards);
  }

  private static PostCard card(Task task, Evaluation.Row row) {
    // In reference fidelity labels are counted by piece: they cannot be marked in the words.
    boolean marks = task == Task.NER && row.gold().size() == row.tokens().size();
    var note =
        marks
            ? row.place()
            : row.place()
                + ": gold "
                + String.join(" ", row.gold())
                + ", found "
                + String.join(" ", row.found());
    return new PostCard(
        row.place(),
        String.join(" ", row.tokens()),
        marks ? marks(row.tokens(), row.found()) : List.of(),
        marks ? marks(row.tokens(), row.gold()) : List.of(),
        List.of(),
        List.of(),
        List.of(),
        note);
  }

  /** The entities of labels, as places in the tokens joined by blanks. */
  private static List<Mark> marks(List<String> tokens, List<String> labels) {
    var marks = new ArrayList<Mark>();
    int start = 0;
    for (int i = 0; i < tokens.size(); ) {
      var label = labels.get(i);
      boolean entity = label.startsWith("B-") || label.startsWith("I-");
      int end = start + tokens.get(i).length();
      int next = i + 1;
      while (entity && next < tokens.size() && labels.get(next).equals("I-" + label.substring(2))) {
        end += 1 + tokens.get(next++).length();
      }
      if (entity) {
        marks.add(Mark.of(start, end, label.substring(2)));
      }
      start = end + 1;
      i = next;
    }
    return marks;
  }
}
