package dev.mmib.cli;

import dev.mmib.cli.report.HeatTable;
import dev.mmib.cli.report.Intervals;
import dev.mmib.cli.report.Intervals.Interval;
import dev.mmib.cli.report.Reliability;
import dev.mmib.cli.report.ReportData;
import dev.mmib.cli.report.ReportData.Bar;
import dev.mmib.cli.report.ReportData.Fact;
import dev.mmib.cli.report.ReportData.Section;
import dev.mmib.model.Task;
import dev.mmib.predict.Look;
import dev.mmib.score.Confusion;
import dev.mmib.score.Prf;
import dev.mmib.train.Evaluation;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a report says of an evaluation: scores, confusion, calibration, and the rows that went
 * wrong.
 *
 * @param comparison null where there is no other model
 */
record EvaluationReport(
    Path model, Path data, Instant date, Evaluation found, @Nullable Comparison comparison) {

  private static final int WORST = 50;
  private static final int DIFFERING = 25;
  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** The rows that are shown, in no order that matters. */
  Set<Integer> shownRows() {
    var shown = new LinkedHashSet<>(first(found.worst(), WORST));
    if (comparison != null) {
      shown.addAll(first(comparison.differing(), DIFFERING));
    }
    return shown;
  }

  private static <T> List<T> first(List<T> all, int most) {
    return all.subList(0, Math.min(most, all.size()));
  }

  /**
   * The page.
   *
   * @param looks by row, what looked at which picture
   */
  ReportData page(Map<Integer, List<Look>> looks) {
    var cards = new RowCards(found.rows(), looks);
    var sections = new ArrayList<Section>();
    sections.add(bars());
    if (comparison != null) {
      sections.add(difference(comparison));
      sections.add(sideBySide(comparison));
    }
    sections.add(table());
    sections.add(confusion());
    found.calibration().ifPresent(c -> sections.add(new Reliability("Calibration", claim(), c)));
    if (comparison != null) {
      sections.add(differing(comparison, cards));
    }
    sections.add(worst(cards));
    return new ReportData("Evaluation of " + model, subtitle(), facts(), sections);
  }

  private boolean isNer() {
    return found.task() == Task.NER;
  }

  private String subtitle() {
    return comparison == null ? "" : "Compared with " + comparison.model();
  }

  private List<Fact> facts() {
    return List.of(
        new Fact("task", found.task().key()),
        new Fact("data", data.toString()),
        new Fact("split", found.split().toString()),
        new Fact("rows", Integer.toString(found.rows().size())),
        new Fact("counted", found.mode().name().toLowerCase(Locale.ROOT)),
        new Fact("device", found.device()),
        new Fact("without picture", Integer.toString(found.missingImages())),
        new Fact("date", MINUTE.format(date)));
  }

  private Section bars() {
    var score = found.micro();
    return new ReportData.Scores(
        "Scores",
        isNer()
            ? "Over all entities; one is right when its type and both its ends are."
            : "Over all relations but None, which counts neither as predicted nor as gold.",
        List.of(
            Bar.of("", "precision", score.precision()),
            Bar.of("", "recall", score.recall()),
            Bar.of("", "F1", score.f1())));
  }

  private static Section difference(Comparison comparison) {
    var significance = comparison.significance();
    boolean clear = significance.low() > 0 || significance.high() < 0;
    return new Intervals(
        "Difference of F1 to the other model",
        String.format(
            Locale.ROOT,
            "A paired bootstrap over the rows: 95 %% interval %+.4f to %+.4f, p = %.4f. %s",
            significance.low(),
            significance.high(),
            significance.pValue(),
            clear
                ? "The interval keeps clear of 0."
                : "The interval holds 0: these rows do not tell the two apart."),
        List.of(
            new Interval(
                "F1, this − other",
                significance.low(),
                significance.deltaF1(),
                significance.high())));
  }

  private static Section sideBySide(Comparison comparison) {
    var rows = new ArrayList<List<String>>();
    var mine = comparison.found().scores().perType();
    var other = comparison.other().scores().perType();
    for (var type : mine.keySet()) {
      var score = other.get(type);
      if (score != null) {
        rows.add(compared(type, mine.get(type), score));
      }
    }
    rows.add(compared("micro avg", comparison.found().micro(), comparison.other().micro()));
    int[] right = comparison.onlyRight();
    return new ReportData.Table(
        "Side by side",
        right[0] + " rows only this model has right, " + right[1] + " only the other one.",
        List.of("type", "F1", "F1 of the other", "difference", "support"),
        rows);
  }

  private static List<String> compared(String name, Prf mine, Prf other) {
    return List.of(
        name,
        digits(mine.f1()),
        digits(other.f1()),
        String.format(Locale.ROOT, "%+.4f", mine.f1() - other.f1()),
        Integer.toString(mine.support()));
  }

  private Section table() {
    var rows = new ArrayList<List<String>>();
    var table = found.scores().table();
    table.rows().forEach((type, score) -> rows.add(line(type, score)));
    rows.add(line("micro avg", table.micro()));
    rows.add(line("macro avg", table.macro()));
    rows.add(line("weighted avg", table.weighted()));
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
    return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.4f", value);
  }

  private Section confusion() {
    var confusion = found.scores().confusion().occurring();
    var rows = new ArrayList<String>();
    var columns = new ArrayList<String>();
    for (var label : confusion.labels()) {
      boolean nothing = label.equals(Confusion.NOTHING);
      rows.add(nothing ? "nothing there" : label);
      columns.add(nothing ? "missed" : label);
    }
    return new HeatTable(
        "Confusion",
        isNer()
            ? "What the entity at exactly this place was found as. A wrong border is one missed"
                + " entity and one where nothing is."
            : "What each relation was found as.",
        "gold",
        "found",
        rows,
        columns,
        confusion.labels().stream().map(confusion::row).toArray(int[][]::new));
  }

  private String claim() {
    return isNer()
        ? "Whether the probability of an entity that was found is the share of such entities that"
            + " are right. Entities that were missed have no score and are not in here."
        : "Whether the probability of the relation that was named, None included, is the share of"
            + " such answers that are right.";
  }

  private Section differing(Comparison compared, RowCards cards) {
    var rows = compared.differing();
    return new ReportData.Posts(
        "Where the two differ",
        count(rows.size(), DIFFERING) + " The widest gaps between their losses come first.",
        first(rows, DIFFERING).stream()
            .map(row -> cards.card(row, compared.other().rows().get(row)))
            .toList());
  }

  private Section worst(RowCards cards) {
    var rows = found.worst();
    var order =
        " Confident mistakes come first: by −log of the probability of the gold answer. Numbers"
            + " beside marks are probabilities, in the truth those that the model gives it; bars"
            + " show which pictures the words looked at.";
    return new ReportData.Posts(
        "The worst posts",
        count(rows.size(), WORST) + (rows.isEmpty() ? "" : order),
        first(rows, WORST).stream().map(cards::card).toList());
  }

  private String count(int rows, int most) {
    return String.format(
        Locale.ROOT,
        "%d of %d rows%s.",
        rows,
        found.rows().size(),
        rows > most ? "; these are the first " + most : "");
  }
}
