package dev.mmib.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.score.LabelSpans.LabelSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConfusionTest {

  @Test
  void countsWhatStandsAtTheSamePlace() {
    var gold =
        List.of(
            new LabelSpan("PER", 0, 1),
            new LabelSpan("LOC", 3, 3),
            new LabelSpan("LOC", 5, 6),
            new LabelSpan("ORG", 8, 9));
    var found =
        List.of(
            new LabelSpan("PER", 0, 1), // right
            new LabelSpan("ORG", 3, 3), // another type
            new LabelSpan("LOC", 5, 5), // another border
            new LabelSpan("PER", 20, 20)); // made up; the last one is missed
    var confusion = Confusion.ofEntities(gold, found);
    assertEquals(List.of("LOC", "ORG", "PER", Confusion.NOTHING), confusion.labels());
    assertArrayEquals(new int[] {0, 1, 0, 1}, confusion.row("LOC"));
    assertArrayEquals(new int[] {0, 0, 0, 1}, confusion.row("ORG"));
    assertArrayEquals(new int[] {0, 0, 1, 0}, confusion.row("PER"));
    assertArrayEquals(new int[] {1, 0, 1, 0}, confusion.row(Confusion.NOTHING));
    assertEquals(6, confusion.total());
  }

  /** Odd labels can make two entities of one place; a right one is never spent on a wrong one. */
  @Test
  void pairsEachEntityOnceAtMost() {
    var gold = List.of(new LabelSpan("A", 0, 0), new LabelSpan("B", 0, 0));
    var found = List.of(new LabelSpan("B", 0, 0), new LabelSpan("C", 0, 0));
    var confusion = Confusion.ofEntities(gold, found);
    assertEquals(1, confusion.count("B", "B"));
    assertEquals(1, confusion.count("A", "C"));
    assertEquals(2, confusion.total());
  }

  @Test
  void countsClassesByTheirIndices() {
    var confusion =
        Confusion.ofClasses(new int[] {0, 0, 1, 2}, new int[] {0, 2, 1, 0}, List.of("N", "a", "b"));
    assertEquals(1, confusion.count("N", "N"));
    assertEquals(1, confusion.count("N", "b"));
    assertEquals(1, confusion.count("a", "a"));
    assertEquals(1, confusion.count("b", "N"));
    assertEquals(4, confusion.total());
  }

  @Test
  void leavesOutWhatNeverOccurs() {
    var confusion =
        Confusion.ofClasses(new int[] {0, 0}, new int[] {0, 2}, List.of("N", "a", "b")).occurring();
    assertEquals(List.of("N", "b"), confusion.labels());
    assertArrayEquals(new int[] {1, 1}, confusion.row("N"));
    assertArrayEquals(new int[] {0, 0}, confusion.row("b"));
  }

  /** Rows sum to support, columns to what was predicted, and the diagonal is what is right. */
  @Test
  void agreesWithTheScoreWhateverTheLabels() {
    var random = new Random(5);
    var alphabet = List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "X", "[SEP]", "B-ORG");
    for (int run = 0; run < 200; run++) {
      var gold = new ArrayList<List<String>>();
      var found = new ArrayList<List<String>>();
      for (int sentence = 0; sentence < 1 + random.nextInt(4); sentence++) {
        int length = 1 + random.nextInt(9);
        gold.add(labels(length, alphabet, random));
        found.add(labels(length, alphabet, random));
      }
      for (var mode : EntityScore.Mode.values()) {
        if (mode == EntityScore.Mode.LENIENT || isStrict(gold) && isStrict(found)) {
          check(EntityScore.of(gold, found, mode));
        }
      }
    }
  }

  private static List<String> labels(int length, List<String> alphabet, Random random) {
    return random.ints(length, 0, alphabet.size()).mapToObj(alphabet::get).toList();
  }

  private static boolean isStrict(List<List<String>> sentences) {
    return sentences.stream().flatMap(List::stream).allMatch(label -> label.matches("[BIO].*"));
  }

  private static void check(EntityScore score) {
    var confusion = score.confusion();
    int right = 0;
    for (var type : score.perType().entrySet()) {
      int diagonal = confusion.count(type.getKey(), type.getKey());
      int row = 0;
      int column = 0;
      for (var label : confusion.labels()) {
        row += confusion.count(type.getKey(), label);
        column += confusion.count(label, type.getKey());
      }
      assertEquals(type.getValue().support(), row, type.getKey());
      assertEquals(row == 0 ? 0 : (double) diagonal / row, type.getValue().recall(), 1e-12);
      assertEquals(
          column == 0 ? 0 : (double) diagonal / column, type.getValue().precision(), 1e-12);
      right += diagonal;
    }
    int counted = score.perSentence().stream().mapToInt(Counts::correct).sum();
    assertEquals(counted, right);
    assertEquals(0, confusion.count(Confusion.NOTHING, Confusion.NOTHING));
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    var confusion = Confusion.ofClasses(new int[1], new int[1], List.of("a"));
    assertThrows(IllegalArgumentException.class, () -> confusion.count("a", "b"));
    assertThrows(
        IllegalArgumentException.class,
        () -> Confusion.ofClasses(new int[1], new int[2], List.of("a")));
  }
}
