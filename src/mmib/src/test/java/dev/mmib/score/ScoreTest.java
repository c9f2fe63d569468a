package dev.mmib.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScoreTest {

  private static List<List<String>> sentences(String... labels) {
    var out = new ArrayList<List<String>>();
    for (String sentence : labels) {
      out.add(List.of(sentence.split(" ")));
    }
    return out;
  }

  /** The example of seqeval's own documentation. */
  @Test
  void printsTheReportOfSeqeval() {
    var gold = sentences("O O O B-MISC I-MISC I-MISC O", "B-PER I-PER O");
    var predicted = sentences("O O B-MISC I-MISC I-MISC I-MISC O", "B-PER I-PER O");
    String expected =
        """
                      precision    recall  f1-score   support

                MISC       0.00      0.00      0.00         1
                 PER       1.00      1.00      1.00         1

           micro avg       0.50      0.50      0.50         2
           macro avg       0.50      0.50      0.50         2
        weighted avg       0.50      0.50      0.50         2
        """;
    for (var mode : EntityScore.Mode.values()) {
      assertEquals(expected, EntityScore.of(gold, predicted, mode).report());
    }
  }

  @Test
  void roundsLikePython() {
    // 1 of 8: 0.125 is exact in binary and rounds to the even 0.12; Java's formatter says 0.13
    var gold = sentences("B-A O B-A O B-A O B-A O B-A O B-A O B-A O B-A O");
    var predicted = sentences("B-A O B-B O B-B O B-B O B-B O B-B O B-B O B-B O");
    String report = EntityScore.of(gold, predicted, EntityScore.Mode.LENIENT).report();
    assertTrue(report.contains("micro avg       0.12      0.12      0.12         8"), report);
    assertTrue(
        EntityScore.of(sentences("O"), sentences("O"), EntityScore.Mode.STRICT)
            .report()
            .contains("macro avg        nan       nan       nan         0"));
  }

  @Test
  void countsEverySentenceOnce() {
    var random = new Random(3);
    String[] labels = {"O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC", "X", "[SEP]", "B-ORG"};
    var gold = new ArrayList<List<String>>();
    var predicted = new ArrayList<List<String>>();
    for (int i = 0; i < 500; i++) {
      int length = random.nextInt(9);
      var g = new ArrayList<String>();
      var p = new ArrayList<String>();
      for (int k = 0; k < length; k++) {
        g.add(labels[random.nextInt(6)]);
        p.add(random.nextInt(3) == 0 ? labels[random.nextInt(labels.length)] : g.get(k));
      }
      gold.add(g);
      predicted.add(p);
    }
    var score = EntityScore.of(gold, predicted, EntityScore.Mode.LENIENT);
    Counts sum = score.perSentence().stream().reduce(Counts.NONE, Counts::plus);
    assertEquals(500, score.perSentence().size());
    assertEquals(score.micro(), Prf.of(sum));
    assertTrue(sum.correct() > 100 && sum.correct() < sum.gold());
  }

  @Test
  void strictScoringRefusesOtherLabelsByName() {
    var e =
        assertThrows(
            MmibException.class,
            () -> EntityScore.of(sentences("O"), sentences("[SEP]"), EntityScore.Mode.STRICT));
    assertEquals(ErrorCode.LABELS, e.code());
    assertTrue(e.what().contains("'[SEP]'"));
  }

  @Test
  void refusesWhatCannotBeCompared() {
    var one = sentences("O O");
    var mode = EntityScore.Mode.LENIENT;
    assertThrows(IllegalArgumentException.class, () -> EntityScore.of(one, sentences("O"), mode));
    assertThrows(
        IllegalArgumentException.class, () -> EntityScore.of(one, sentences("O O", "O"), mode));
    assertThrows(IllegalArgumentException.class, () -> LabelSpans.lenient(List.of("")));
    assertThrows(
        IllegalArgumentException.class,
        () -> RelationScore.of(new int[2], new int[3], List.of("None"), 0));
  }

  @Test
  void noneCountsNeitherAsPredictedNorAsGold() {
    int[] gold = {0, 0, 1, 2, 2};
    int[] predicted = {0, 1, 0, 2, 1};
    var score = RelationScore.of(gold, predicted, List.of("None", "a", "b"), 0);
    assertEquals(1.0 / 3, score.micro().precision());
    assertEquals(1.0 / 3, score.micro().recall());
    assertEquals(0.4, score.accuracy());
    assertEquals(
        score.micro(), Prf.of(score.perExample().stream().reduce(Counts.NONE, Counts::plus)));
    assertEquals(List.of("a", "b"), List.copyOf(score.perRelation().keySet()));
  }
}
