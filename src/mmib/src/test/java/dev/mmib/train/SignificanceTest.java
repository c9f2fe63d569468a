package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.score.Counts;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SignificanceTest {

  private static final Counts RIGHT = new Counts(1, 1, 1);
  private static final Counts WRONG = new Counts(0, 1, 1);

  @Test
  void findsNoDifferenceBetweenEqualModels() {
    var counts = Collections.nCopies(50, RIGHT);
    assertEquals(new Significance(0, 0, 0, 1), Significance.of(counts, counts, 1));
  }

  @Test
  void isSureOfALargeDifference() {
    var good = Collections.nCopies(200, RIGHT);
    var bad = IntStream.range(0, 200).mapToObj(i -> i % 2 == 0 ? RIGHT : WRONG).toList();
    var found = Significance.of(good, bad, 1);
    assertEquals(0.5, found.deltaF1(), 1e-12);
    assertTrue(found.low() > 0.4 && found.high() < 0.6, found.toString());
    assertTrue(found.pValue() < 0.001, found.toString());
    var reversed = Significance.of(bad, good, 1);
    assertEquals(-0.5, reversed.deltaF1(), 1e-12);
  }

  @Test
  void isNotSureOfADifferenceInOneSentence() {
    var first = IntStream.range(0, 100).mapToObj(i -> i < 51 ? RIGHT : WRONG).toList();
    var second = IntStream.range(0, 100).mapToObj(i -> i < 50 ? RIGHT : WRONG).toList();
    var found = Significance.of(first, second, 1);
    assertTrue(found.pValue() > 0.5, found.toString());
    assertTrue(found.low() <= 0 && found.high() > 0, found.toString());
  }

  @Test
  void refusesDifferentSentences() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Significance.of(List.of(RIGHT), List.of(RIGHT, WRONG), 1));
  }
}
