package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.score.Counts;
import dev.mmib.score.Prf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.DoublePredicate;
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
  void isTheOneOfAllResamplesOfAFewSentences() {
    var first = List.of(new Counts(2, 2, 3), new Counts(0, 1, 1), RIGHT, new Counts(1, 2, 1));
    var second = List.of(new Counts(1, 3, 3), RIGHT, new Counts(0, 0, 1), new Counts(1, 1, 1));
    var all = new double[256]; // 4 sentences drawn 4 times
    for (int code = 0; code < all.length; code++) {
      var a = Counts.NONE;
      var b = Counts.NONE;
      for (int i = 0, rest = code; i < 4; i++, rest /= 4) {
        a = a.plus(first.get(rest % 4));
        b = b.plus(second.get(rest % 4));
      }
      all[code] = Prf.of(a).f1() - Prf.of(b).f1();
    }
    var found = Significance.of(first, second, 4, 200_000);
    // P = 8/11, 4/6, 4/5 of precision and recall by hand: 2·4/(6 + 6) less 2·3/(5 + 6).
    assertEquals(8 / 12.0 - 6 / 11.0, found.deltaF1(), 1e-12);
    Arrays.sort(all);
    // A value is the percentile if the share below it is under 2.5 % and that up to it is above.
    assertTrue(share(all, d -> d < found.low() - 1e-12) < 0.025, found.toString());
    assertTrue(share(all, d -> d <= found.low() + 1e-12) > 0.025, found.toString());
    assertTrue(share(all, d -> d > found.high() + 1e-12) < 0.025, found.toString());
    assertTrue(share(all, d -> d >= found.high() - 1e-12) > 0.025, found.toString());
    double tail = Math.min(share(all, d -> d >= 0), share(all, d -> d <= 0));
    // Four standard deviations of a share among 200,000 draws.
    assertEquals(2 * tail, found.pValue(), 2 * 4 * Math.sqrt(tail * (1 - tail) / 200_000));
  }

  private static double share(double[] values, DoublePredicate counts) {
    return (double) Arrays.stream(values).filter(counts).count() / values.length;
  }

  /** One draw of a thousand at least says 0 or less: the smallest p-value is 2/(B + 1). */
  @Test
  void isNeverCertain() {
    var good = Collections.nCopies(50, RIGHT);
    var bad = Collections.nCopies(50, WRONG);
    assertEquals(2 / 1001.0, Significance.of(good, bad, 1, 1000).pValue(), 1e-12);
    assertEquals(2 / 1001.0, Significance.of(bad, good, 1, 1000).pValue(), 1e-12);
  }

  @Test
  void isDecidedByTheSeed() {
    var random = new Random(9);
    var a = sentences(random, 100, 0.7, 0.5).get(0);
    var b = sentences(random, 100, 0.7, 0.5).get(1);
    assertEquals(Significance.of(a, b, 5), Significance.of(a, b, 5));
    assertNotEquals(Significance.of(a, b, 5), Significance.of(a, b, 6));
  }

  /**
   * Sentences whose entity the first model finds with probability {@code p}, and the second one as
   * well but for an independent change with probability {@code q − p} up or down.
   */
  private static List<List<Counts>> sentences(Random random, int n, double p, double q) {
    var first = new ArrayList<Counts>();
    var second = new ArrayList<Counts>();
    for (int i = 0; i < n; i++) {
      double difficulty = random.nextDouble();
      double other = random.nextDouble() < 0.5 ? difficulty : random.nextDouble();
      first.add(difficulty < p ? RIGHT : WRONG);
      second.add(other < q ? RIGHT : WRONG);
    }
    return List.of(first, second);
  }

  /**
   * Each sentence has an entity and a prediction, so F1 is the share that is right, and its true
   * difference p − q. Of 400 intervals 95 % hold it: 380, give or take 4 deviations of 4.4; a
   * percentile interval of 120 sentences falls a little short of that.
   */
  @Test
  void holdsTheTruthAboutAsOftenAsItSays() {
    var random = new Random(11);
    int held = 0;
    int rejected = 0;
    for (int run = 0; run < 400; run++) {
      var different = sentences(random, 120, 0.7, 0.6);
      var found = Significance.of(different.get(0), different.get(1), run, 1000);
      held += found.low() <= 0.1 && 0.1 <= found.high() ? 1 : 0;
      var equal = sentences(random, 120, 0.7, 0.7);
      rejected += Significance.of(equal.get(0), equal.get(1), run, 1000).pValue() < 0.05 ? 1 : 0;
    }
    assertTrue(held > 362 && held < 398, held + " of 400 held");
    assertTrue(rejected > 2 && rejected < 38, rejected + " of 400 equal ones were told apart");
  }

  @Test
  void refusesDifferentSentences() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Significance.of(List.of(RIGHT), List.of(RIGHT, WRONG), 1));
  }
}
