package dev.mmib.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.cli.report.ReportData.Attention;
import dev.mmib.cli.report.ReportData.Bar;
import dev.mmib.cli.report.ReportData.Curve;
import dev.mmib.cli.report.ReportData.Curves;
import dev.mmib.cli.report.ReportData.Fact;
import dev.mmib.cli.report.ReportData.Link;
import dev.mmib.cli.report.ReportData.Mark;
import dev.mmib.cli.report.ReportData.PostCard;
import dev.mmib.cli.report.ReportData.Posts;
import dev.mmib.cli.report.ReportData.Scores;
import dev.mmib.cli.report.ReportData.Slot;
import dev.mmib.cli.report.ReportData.Table;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

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
            List.of(mark),
            List.of(Mark.of(0, 8, "PER")),
            List.of(new Link(EVIL, EVIL, EVIL, 0.25, "None")),
            List.of(new Slot(EVIL, new byte[0]), new Slot("b", new byte[] {'G', 'I', 'F', '8'})),
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
            new Posts(EVIL, EVIL, List.of(card))));
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
  void isWellFormed() throws Exception {
    String html = Report.html(hostile());
    String xml =
        html.replace("<!DOCTYPE html>", "")
            .replaceAll("<(meta|img)([^>]*)>", "<$1$2/>")
            .replaceAll("<details open>", "<details>");
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(xml)));
    assertEquals(4, document.getElementsByTagName("section").getLength());
    assertEquals(0, document.getElementsByTagName("script").getLength());
    assertEquals(3, document.getElementsByTagName("mark").getLength() + 1);
    assertEquals(1, document.getElementsByTagName("img").getLength(), "one picture is missing");
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
    assertFalse(page(right).contains("class=\"text truth\""));
    assertTrue(page(wrong).contains("<mark class=\"t1 wrong\">Ann<b>LOC</b></mark>"));
    assertTrue(page(wrong).contains("class=\"text truth\""));
    assertTrue(page(missed).contains("class=\"text truth\""));
  }

  private static PostCard card(List<Mark> found, List<Mark> truth) {
    return new PostCard("id", "Ann is here", found, truth, List.of(), List.of(), List.of(), "");
  }

  private static String page(PostCard card) {
    var posts = new Posts("posts", "", List.of(card));
    return Report.html(new ReportData("t", "s", List.of(), List.of(posts)));
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
  }

  @Test
  void writesTheFileWhereItIsAskedTo(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("deep").resolve("report.html");
    Report.write(file, hostile());
    assertEquals(Report.html(hostile()), Files.readString(file));
  }
}
