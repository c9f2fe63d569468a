package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.data.Split;
import dev.mmib.model.Task;
import dev.mmib.score.EntityScore;
import dev.mmib.score.Prf;
import dev.mmib.train.Evaluation;
import dev.mmib.train.Scores;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationReportTest {

  @Test
  void showsOnlyWhatIsWrongAndLetsNoTextBecomeMarkup() {
    var right = new Evaluation.Row("a.txt: line 1", List.of("fine"), List.of("O"), List.of("O"));
    var wrong =
        new Evaluation.Row(
            "a.txt: line 9",
            List.of("<script>", "New", "York", "."),
            List.of("O", "B-LOC", "I-LOC", "O"),
            List.of("I-PER", "B-LOC", "O", "O"));
    var page = EvaluationReport.html(Path.of("m<b>"), evaluation(List.of(right, wrong)), null);
    assertTrue(page.contains("a.txt: line 9"), page);
    assertFalse(page.contains("a.txt: line 1<"), "a row that is right");
    assertFalse(page.contains("<script>") || page.contains("m<b>"), page);
    assertTrue(page.contains("New York") && page.contains("PER"), page);
  }

  private static Evaluation evaluation(List<Evaluation.Row> rows) {
    var score = new Prf(0.5, 0.25, 1 / 3.0, 4);
    var scores = new Scores(score, Map.of("LOC", score), "", List.of());
    return new Evaluation(Task.NER, Split.TEST, EntityScore.Mode.LENIENT, "java", scores, 1, rows);
  }
}
