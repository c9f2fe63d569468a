package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.cli.report.ReadPage;
import dev.mmib.cli.report.ReadPage.Part;
import dev.mmib.cli.report.Report;
import dev.mmib.data.PictureFiles;
import dev.mmib.data.Span;
import dev.mmib.data.Split;
import dev.mmib.model.Task;
import dev.mmib.predict.Entity;
import dev.mmib.predict.Look;
import dev.mmib.score.Counts;
import dev.mmib.score.EntityScore;
import dev.mmib.score.RelationScore;
import dev.mmib.train.EvaluatedRow;
import dev.mmib.train.EvaluatedRow.Candidate;
import dev.mmib.train.EvaluatedRow.Pair;
import dev.mmib.train.EvaluatedRow.Sentence;
import dev.mmib.train.Evaluation;
import dev.mmib.train.Scores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationReportTest {

  private static final String EVIL = "<script>alert('x')</script>";
  private static final PictureFiles NO_PICTURES =
      new PictureFiles(Optional.empty(), List.of(Optional.empty(), Optional.empty()));

  @TempDir Path directory;

  private static Entity entity(String type, int start, int end, double score) {
    return new Entity(type, "", start, end, score);
  }

  private static Sentence sentence(
      String place, PictureFiles pictures, List<Entity> gold, List<Entity> found, double loss) {
    int correct = (int) found.stream().filter(f -> gold.stream().anyMatch(g -> same(f, g))).count();
    return new Sentence(
        place,
        List.of(EVIL, "New", "York", "."),
        pictures,
        gold,
        found,
        new Counts(correct, found.size(), gold.size()),
        loss);
  }

  private static boolean same(Entity a, Entity b) {
    return a.type().equals(b.type()) && a.start() == b.start() && a.end() == b.end();
  }

  /** A right row, one with a confident mistake, one with a miss, one with something made up. */
  private static List<EvaluatedRow> sentences(PictureFiles pictures) {
    return List.of(
        sentence(
            "a.txt: line 1",
            NO_PICTURES,
            List.of(entity("LOC", 1, 3, 0.9)),
            List.of(entity("LOC", 1, 3, 0.9)),
            0.1),
        sentence("a.txt: line 5", NO_PICTURES, List.of(entity("LOC", 1, 3, 0.25)), List.of(), 1.5),
        sentence(
            "a.txt: line 9",
            pictures,
            List.of(entity("LOC", 1, 3, 0.01)),
            List.of(entity(EVIL, 0, 1, 0.6), entity("PER", 1, 3, 0.99)),
            4.75),
        sentence(
            "a.txt: line 13", NO_PICTURES, List.of(), List.of(entity("PER", 0, 1, 0.5)), 0.75));
  }

  private static Evaluation evaluation(List<EvaluatedRow> rows) {
    var gold = List.of(labels("O", "LOC"), labels("O", "LOC"), labels("O", "LOC"), labels("O", ""));
    var found =
        List.of(labels("O", "LOC"), labels("O", ""), labels(EVIL, "PER"), labels("PER", ""));
    var score = EntityScore.of(gold, found, EntityScore.Mode.LENIENT);
    return new Evaluation(
        Task.NER, Split.TEST, EntityScore.Mode.LENIENT, "java", of(score), 3, rows);
  }

  private static Scores of(EntityScore score) {
    return new Scores(score.table(), score.confusion(), score.perSentence());
  }

  /** Of a first word of a type or O, then two of another type or none, then a full stop. */
  private static List<String> labels(String first, String second) {
    var start = first.equals("O") ? "O" : "B-" + first;
    return second.isEmpty()
        ? List.of(start, "O", "O", "O")
        : List.of(start, "B-" + second, "I-" + second, "O");
  }

  private static EvaluationReport report(Evaluation found) {
    return new EvaluationReport(Path.of("m<b>"), Path.of("d&d"), Instant.EPOCH, found, null);
  }

  @Test
  void saysWhatTheEvaluationSays() throws IOException {
    var found = evaluation(sentences(NO_PICTURES));
    var page = new ReadPage(Report.html(report(found).page(Map.of())));
    assertEquals(
        List.of(
            "task ner",
            "data d&d",
            "split test",
            "rows 4",
            "counted lenient",
            "device java",
            "without picture 3",
            "date 1970-01-01 00:00 UTC"),
        page.facts());
    // By hand: 1 of 4 found ones is right, of 3 gold ones.
    assertEquals(List.of("0.250", "0.333", "0.286"), page.section("Scores").texts("b"));
    var types = page.section("Per type").rows();
    assertTrue(types.contains(List.of("LOC", "1.0000", "0.3333", "0.5000", "3")), types.toString());
    assertTrue(types.contains(List.of("PER", "0.0000", "0.0000", "0.0000", "0")), types.toString());
    assertTrue(types.contains(List.of("micro avg", "0.2500", "0.3333", "0.2857", "3")));
    var confusion = page.section("Confusion").rows();
    assertEquals(List.of("gold found", EVIL, "LOC", "PER", "missed", "sum"), confusion.get(0));
    assertEquals(List.of("LOC", "", "1", "1", "1", "3"), confusion.get(2));
    assertEquals(List.of("nothing there", "1", "", "1", "", "2"), confusion.get(4));
    // Scores 0.9 right, 0.6, 0.99, 0.5 wrong; 0.9 and 0.99 in bins of their own.
    var numbers = page.section("Calibration").texts("dd");
    double ece = (0.1 + 0.6 + 0.99 + 0.5) / 4;
    double brier = (0.01 + 0.36 + 0.9801 + 0.25) / 4;
    assertEquals(String.format(Locale.ROOT, "%.4f", ece), numbers.get(0));
    assertEquals(String.format(Locale.ROOT, "%.4f", brier), numbers.get(1));
    assertEquals("4", numbers.get(4));
  }

  @Test
  void showsTheWorstRowsFirstAndNoneThatIsRight() throws IOException {
    var page = new ReadPage(Report.html(report(evaluation(sentences(NO_PICTURES))).page(Map.of())));
    var cards = page.section("The worst posts").parts("article");
    assertEquals(
        List.of("a.txt: line 9", "a.txt: line 5", "a.txt: line 13"),
        cards.stream().map(card -> card.texts("code").get(0)).toList());
    var first = cards.get(0);
    assertEquals(2, first.parts("mark", "wrong").size());
    assertEquals("New York PER 0.99", marked(first.parts("mark").get(1)));
    assertEquals(
        "New York LOC 0.01", marked(first.parts("p", "truth").get(0).parts("mark").get(0)));
    assertTrue(first.text().contains("loss 4.75"), first.text());
    // Nothing is there: what was found is wrong all the same.
    assertEquals(1, cards.get(2).parts("mark", "wrong").size());
    assertTrue(cards.get(2).text().contains("truth " + EVIL + " New York ."), cards.get(2).text());
  }

  private static String marked(Part mark) {
    return mark.text().replaceAll("(York)", "$1 ");
  }

  @Test
  void letsNoTextBecomeMarkup() {
    var html = Report.html(report(evaluation(sentences(NO_PICTURES))).page(Map.of()));
    assertFalse(html.contains("<script") || html.contains("m<b>"), html);
    assertTrue(html.contains("&lt;script&gt;"));
  }

  @Test
  void showsPicturesAndWhatLookedAtThem() throws IOException {
    var whole = ToyFiles.picture(directory.resolve("whole.png"));
    var broken = Files.writeString(directory.resolve("crop.jpg"), "no picture");
    var pictures =
        new PictureFiles(Optional.of(whole), List.of(Optional.empty(), Optional.of(broken)));
    var looks =
        Map.of(
            2,
            List.of(
                new Look(new Span(1, 3), new float[] {0.75f, 0, 0.25f}),
                new Look(new Span(0, 1), new float[] {0.5f, 0, 0.5f})));
    var found = evaluation(sentences(pictures));
    var page = new ReadPage(Report.html(report(found).page(looks)));
    var cards = page.section("The worst posts").parts("article");
    var shown = cards.get(0);
    assertEquals(1, shown.parts("img").size());
    assertTrue(shown.parts("img").get(0).attribute("src").startsWith("data:image/jpeg;base64,"));
    // The crop that is missing was not looked at, so it is left out.
    assertEquals(List.of("picture", "crop 2"), shown.texts("figcaption"));
    assertTrue(shown.texts("span", "missing").get(0).startsWith("unreadable: MMIB-"));
    assertEquals(List.of("New York", EVIL), shown.texts("p", "who"));
    assertEquals(List.of("0.75", "0.25", "0.50", "0.50"), shown.texts("span", "meter"));
    assertEquals("--w:0.25", shown.parts("span", "meter").get(1).attribute("style"));
    // The other rows have no picture.
    assertEquals(List.of("missing"), cards.get(1).texts("span", "missing"));
  }

  @Test
  void showsRelationsWithTheirAlternatives() throws IOException {
    var relations = List.of("None", "a", "b", "c", "d");
    Evaluation found = relations(relations, "a", "None");
    var page = new ReadPage(Report.html(report(found).page(Map.of())));
    var card = page.section("The worst posts").parts("article").get(0);
    assertEquals(
        List.of("d", "c", "b", "a"), card.texts("li").stream().map(l -> l.substring(4)).toList());
    assertEquals("0.04a", card.texts("li", "right").get(0));
    assertTrue(card.texts("p", "link").get(0).contains("truth: a"), card.text());
    // Head and tail overlap: only one can be marked.
    assertEquals(List.of("Annhead"), card.texts("mark"));
    assertEquals(
        List.of("a", "", "", "1", "1"),
        page.section("Confusion").rows().stream()
            .filter(row -> row.get(0).equals("a"))
            .findFirst()
            .orElseThrow());
  }

  /** Two rows: in the first one {@code gold} is taken for d, the second one is None. */
  private static Evaluation relations(List<String> relations, String gold, String second) {
    var score =
        RelationScore.of(
            new int[] {relations.indexOf(gold), relations.indexOf(second)},
            new int[] {4, 0},
            relations,
            0);
    var rows = new ArrayList<EvaluatedRow>();
    for (var answer : List.of(gold, second)) {
      boolean first = rows.isEmpty();
      double[] scores =
          first ? new double[] {0, 0.04, 0.1, 0.2, 0.66} : new double[] {1, 0, 0, 0, 0};
      var candidates = new ArrayList<Candidate>();
      for (int r = 0; r < scores.length; r++) {
        candidates.add(new Candidate(relations.get(r), scores[r]));
      }
      candidates.sort(Comparator.comparingDouble(Candidate::score).reversed());
      rows.add(
          new Pair(
              "r.txt: line " + rows.size(),
              List.of("Ann", "Lee", "here"),
              NO_PICTURES,
              new Span(0, 1),
              new Span(0, 2),
              answer,
              candidates,
              score.perExample().get(rows.size()),
              first ? -Math.log(0.04) : 0));
    }
    return new Evaluation(
        Task.RE,
        Split.TEST,
        EntityScore.Mode.LENIENT,
        "java",
        new Scores(score.table(), score.confusion(), score.perExample()),
        0,
        rows);
  }

  /** A row of a data set may have an empty token as its entity. */
  @Test
  void marksNothingInAnEmptyToken() {
    var found = relations(List.of("None", "a", "b", "c", "d"), "a", "None");
    var pair = (Pair) found.rows().get(0);
    var empty =
        new Pair(
            pair.place(),
            List.of("", "here"),
            NO_PICTURES,
            new Span(0, 1),
            new Span(1, 2),
            pair.gold(),
            pair.candidates(),
            pair.counts(),
            pair.loss());
    var card = new RowCards(List.of(empty), Map.of()).card(0);
    assertEquals(1, card.readings().get(0).marks().size());
    assertEquals("tail", card.readings().get(0).marks().get(0).type());
  }

  @Test
  void comparesTwoModelsRowByRow() throws IOException {
    var found = evaluation(sentences(NO_PICTURES));
    var rows = new ArrayList<>(found.rows());
    rows.set(
        1,
        sentence(
            "a.txt: line 5",
            NO_PICTURES,
            List.of(entity("LOC", 1, 3, 0.8)),
            List.of(entity("LOC", 1, 3, 0.8)),
            0.25));
    var better =
        EntityScore.of(
            List.of(labels("O", "LOC"), labels("O", "LOC"), labels("O", "LOC"), labels("O", "")),
            List.of(labels("O", "LOC"), labels("O", "LOC"), labels(EVIL, "PER"), labels("PER", "")),
            EntityScore.Mode.LENIENT);
    var other =
        new Evaluation(Task.NER, Split.TEST, EntityScore.Mode.LENIENT, "java", of(better), 3, rows);
    var comparison = Comparison.of(Path.of("o<i>"), found, other, 7);
    assertEquals(List.of(1), comparison.differing());
    assertEquals(List.of(0, 1), List.of(comparison.onlyRight()[0], comparison.onlyRight()[1]));
    var report = new EvaluationReport(Path.of("m"), Path.of("d"), Instant.EPOCH, found, comparison);
    assertTrue(report.shownRows().contains(1));
    var page = new ReadPage(Report.html(report.page(Map.of())));
    var significance = comparison.significance();
    assertEquals(2 / 7.0 - 4 / 8.0, significance.deltaF1(), 1e-12);
    var difference = page.section("Difference of F1 to the other model");
    assertEquals(
        String.format(Locale.ROOT, "%+.4f", significance.deltaF1()), difference.texts("b").get(0));
    assertTrue(
        difference
            .text()
            .contains(
                String.format(
                    Locale.ROOT,
                    "%+.4f to %+.4f, p = %.4f",
                    significance.low(),
                    significance.high(),
                    significance.pValue())),
        difference.text());
    var differing = page.section("Where the two differ").parts("article");
    assertEquals(1, differing.size());
    assertEquals(List.of("this model", "other", "truth"), differing.get(0).texts("span", "tag"));
    assertTrue(differing.get(0).text().contains("loss 1.50 and 0.25"), differing.get(0).text());
    var side = page.section("Side by side").rows();
    assertTrue(side.contains(List.of("micro avg", "0.2857", "0.5000", "-0.2143", "3")), "" + side);
  }

  @Test
  void staysWholeWhereNothingWasFoundAtAll() throws IOException {
    var none = List.of(labels("O", ""));
    var score = EntityScore.of(none, none, EntityScore.Mode.LENIENT);
    var row = sentence("x", NO_PICTURES, List.of(), List.of(), 0);
    var found =
        new Evaluation(
            Task.NER, Split.TEST, EntityScore.Mode.LENIENT, "java", of(score), 0, List.of(row));
    var page = new ReadPage(Report.html(report(found).page(Map.of())));
    assertFalse(page.hasSection("Calibration"));
    assertEquals(0, page.section("The worst posts").parts("article").size());
    assertTrue(page.section("Per type").rows().stream().anyMatch(r -> r.contains("–")));
  }
}
