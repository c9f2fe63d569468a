package dev.mmib.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.cli.report.Intervals.Interval;
import dev.mmib.cli.report.ReportData.Answer;
import dev.mmib.cli.report.ReportData.Attention;
import dev.mmib.cli.report.ReportData.Bar;
import dev.mmib.cli.report.ReportData.Curve;
import dev.mmib.cli.report.ReportData.Curves;
import dev.mmib.cli.report.ReportData.Fact;
import dev.mmib.cli.report.ReportData.Link;
import dev.mmib.cli.report.ReportData.Mark;
import dev.mmib.cli.report.ReportData.PostCard;
import dev.mmib.cli.report.ReportData.Posts;
import dev.mmib.cli.report.ReportData.Reading;
import dev.mmib.cli.report.ReportData.Scores;
import dev.mmib.cli.report.ReportData.Slot;
import dev.mmib.cli.report.ReportData.Table;
import dev.mmib.score.Calibration;
import dev.mmib.score.Calibration.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

  private static final String EVIL = "<script>alert('x')</script> & \"q\" \u202e\u0007 👍";

  /** Every string of the page is hostile, every kind of section is there. */
  private static ReportData hostile() {
    double[] x = {1, 2, 3};
    double[] y = {2, Double.NaN, 1};
    var mark = new Mark(0, 8, EVIL, OptionalDouble.of(0.5));
    var card =
        new PostCard(
            EVIL,
            EVIL,
            List.of(new Reading(EVIL, List.of(mark))),
            Optional.of(List.of(Mark.of(0, 8, "PER"))),
            List.of(
                new Link(
                    EVIL, EVIL, EVIL, "None", List.of(new Answer(EVIL, 0.25), new Answer("", 0)))),
            List.of(
                new Slot(EVIL, new byte[0], EVIL), new Slot("b", new byte[] {'G', 'I', 'F', '8'})),
            List.of(new Attention(EVIL, new double[] {0.5, Double.NaN})),
            EVIL);
    return new ReportData(
        EVIL,
        EVIL,
        List.of(new Fact(EVIL, EVIL)),
        List.of(
            new Scores(EVIL, EVIL, List.of(Bar.of(EVIL, EVIL, 0.5, 0.9), Bar.of("", "b", 1))),
            new Curves(EVIL, EVIL, EVIL, EVIL, List.of(new Curve(EVIL, x, y))),
            new Table(EVIL, EVIL, List.of(EVIL), List.of(List.of(EVIL))),
            new Posts(EVIL, EVIL, List.of(card)),
            new HeatTable(EVIL, EVIL, EVIL, EVIL, List.of(EVIL), List.of(EVIL), new int[][] {{1}}),
            new Reliability(EVIL, EVIL, Calibration.of(List.of(new Outcome(0.7, true)))),
            new Intervals(EVIL, EVIL, List.of(new Interval(EVIL, -1, 0, 1)))));
  }

  @Test
  void escapesEveryText() {
    String html = Report.html(hostile());
    assertFalse(html.contains("<script"), "a script got through");
    assertFalse(html.contains("alert('x')"), "a quote got through");
    assertFalse(html.contains("\u202e") || html.contains("\u0007"), "a control got through");
    assertTrue(html.contains("&lt;script&gt;alert(&#39;x&#39;)"));
    assertTrue(html.contains("👍"));
  }

  /** Void elements apart the page is well-formed, so no text can have broken out of its place. */
  @Test
  void isWellFormed() throws IOException {
    var page = new ReadPage(Report.html(hostile()));
    assertEquals(7, page.count("section"));
    assertEquals(0, page.count("script"));
    assertEquals(2, page.count("mark"));
    assertEquals(1, page.count("img"), "one picture is missing");
  }

  @Test
  void needsNothingFromOutside() {
    String html = Report.html(hostile());
    assertFalse(html.matches("(?s).*(src|href)=\"(?!data:).*"), "a link to the outside");
    assertFalse(html.contains("@import") || html.contains("url("), "a style from outside");
    assertTrue(html.contains("Content-Security-Policy"));
    assertTrue(html.contains("prefers-color-scheme: dark"));
  }

  @Test
  void showsScoresAgainstWhatIsAttainable() {
    String html = Report.html(hostile());
    assertTrue(html.contains("width:50.00%") && html.contains("left:90.00%"));
    assertTrue(html.contains("<b>0.500</b> <small>of 0.900</small>"));
  }

  @Test
  void marksWhatIsWrongAndShowsTheTruth() {
    var right = card(List.of(Mark.of(0, 3, "PER")), List.of(Mark.of(0, 3, "PER")));
    var wrong = card(List.of(Mark.of(0, 3, "LOC")), List.of(Mark.of(0, 3, "PER")));
    var missed = card(List.of(), List.of(Mark.of(0, 3, "PER")));
    var spurious = card(List.of(Mark.of(0, 3, "PER")), List.of());
    assertFalse(page(right).contains("class=\"text truth\""));
    assertTrue(page(wrong).contains("<mark class=\"t1 wrong\">Ann<b>LOC</b></mark>"));
    assertTrue(page(wrong).contains("class=\"text truth\""));
    assertTrue(page(missed).contains("class=\"text truth\""));
    assertTrue(page(spurious).contains("<mark class=\"t0 wrong\">Ann<b>PER</b></mark>"));
    assertTrue(page(spurious).contains("class=\"text truth\""));
  }

  private static PostCard card(List<Mark> found, List<Mark> truth) {
    return new PostCard(
        "id",
        "Ann is here",
        List.of(new Reading("", found)),
        Optional.of(truth),
        List.of(),
        List.of(),
        List.of(),
        "");
  }

  private static String page(PostCard card) {
    var posts = new Posts("posts", "", List.of(card));
    return Report.html(new ReportData("t", "s", List.of(), List.of(posts)));
  }

  /** Every column's name, count and sum, and the shade of each cell by its row. */
  @Test
  void shadesCountsByTheirRow() {
    int[][] counts = {{3, 1}, {0, 0}};
    var heat =
        new HeatTable("h", "", "gold", "found", List.of("A", "B"), List.of("A", "B"), counts);
    var html = Report.html(new ReportData("t", "", List.of(), List.of(heat)));
    assertTrue(
        html.contains("<td class=\"heat right\" style=\"--w:0.75\" title=\"A as A: 3 of 4\">3<"));
    assertTrue(
        html.contains("<td class=\"heat wrong\" style=\"--w:0.25\" title=\"A as B: 1 of 4\">1<"));
    assertTrue(html.contains("<td class=\"sum\">4</td>") && html.contains("<td>3</td><td>1</td>"));
  }

  /** A point stands where its bin's mean score and share say, in a square of 320. */
  @Test
  void drawsBinsWhereTheyBelong() {
    var outcomes =
        List.of(
            new Outcome(0.75, true),
            new Outcome(0.75, false),
            new Outcome(0.25, false),
            new Outcome(0.25, false));
    var reliability = new Reliability("r", "", Calibration.of(outcomes));
    var html = Report.html(new ReportData("t", "", List.of(), List.of(reliability)));
    assertTrue(html.contains("cx=\"292\" cy=\"170\""), "52 + 0.75 · 320, 10 + 0.5 · 320");
    assertTrue(html.contains("cx=\"132\" cy=\"330\""), "52 + 0.25 · 320, 10 + 320");
    assertEquals(2, html.split("<circle").length - 1, "empty bins have no point");
    assertTrue(html.contains("<dd>0.2500</dd>") && html.contains("<dd>4</dd>"), html);
  }

  @Test
  void drawsCurvesOfAnyShape() {
    double[][] cases = {{}, {1}, {0, 0, 0}, {Double.NaN}, {1e-9, 2e-9}, {-1e12, 1e12}};
    for (double[] y : cases) {
      double[] x = new double[y.length];
      for (int i = 0; i < x.length; i++) {
        x[i] = i;
      }
      var curves = new Curves("c", "", "step", "loss", List.of(new Curve("a", x, y)));
      String html = Report.html(new ReportData("t", "s", List.of(), List.of(curves)));
      assertFalse(html.contains("NaN") || html.contains("Infinity"), html);
    }
    double[] many = new double[100_000];
    var curves = new Curves("c", "", "step", "loss", List.of(new Curve("a", many, many)));
    int length = Report.html(new ReportData("t", "s", List.of(), List.of(curves))).length();
    assertTrue(length < 100_000, "a long curve is thinned out: " + length);
  }

  @Test
  void refusesMarksThatDoNotFitTheText() {
    assertThrows(
        IllegalArgumentException.class, () -> card(List.of(Mark.of(3, 99, "PER")), List.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> card(List.of(Mark.of(0, 5, "PER"), Mark.of(4, 6, "LOC")), List.of()));
    assertThrows(IllegalArgumentException.class, () -> Bar.of("", "", 1.5));
    assertThrows(IllegalArgumentException.class, () -> new Curve("", new double[1], new double[2]));
    assertThrows(IllegalArgumentException.class, () -> new Interval("", 1, 0, -1));
    assertThrows(
        IllegalArgumentException.class,
        () -> new HeatTable("", "", "", "", List.of("a"), List.of("a"), new int[2][1]));
    assertThrows(IllegalArgumentException.class, () -> new Link("", "", "", "", List.of()));
  }

  @Test
  void writesTheFileWhereItIsAskedTo(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("deep").resolve("report.html");
    Report.write(file, hostile());
    assertEquals(Report.html(hostile()), Files.readString(file));
  }
}
