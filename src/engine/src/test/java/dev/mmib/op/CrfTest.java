package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The CRF against every tag sequence written out, and against central differences. */
class CrfTest {

  private static final int TOKENS = 5;
  private static final int TAGS = 3;
  private static final int[] LENGTHS = {5, 1, 3, 2};

  private Backend backend;
  private Scope scope;
  private float[] emissions;
  private float[] transitions;
  private float[] start;
  private float[] end;

  @BeforeEach
  void open() {
    backend = new JavaBackend(1);
    scope = Scope.open(backend, Mode.TRAIN);
    draw(1);
  }

  @AfterEach
  void close() {
    scope.close();
    backend.close();
  }

  private void draw(double magnitude) {
    var random = new Random(7);
    emissions = gaussian(random, LENGTHS.length * TOKENS * TAGS, magnitude);
    transitions = gaussian(random, TAGS * TAGS, magnitude);
    start = gaussian(random, TAGS, magnitude);
    end = gaussian(random, TAGS, magnitude);
  }

  private static float[] gaussian(Random random, int n, double magnitude) {
    var values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) (magnitude * random.nextGaussian());
    }
    return values;
  }

  /** A tag sequence and its score. */
  private static final class Path {
    private final int[] tags;
    private final double score;

    Path(int[] tags, double score) {
      this.tags = tags;
      this.score = score;
    }

    int[] tags() {
      return tags;
    }

    double score() {
      return score;
    }
  }

  private double score(int b, int[] tags) {
    double score = (double) start[tags[0]] + end[tags[tags.length - 1]];
    for (int t = 0; t < tags.length; t++) {
      score += emissions[(b * TOKENS + t) * TAGS + tags[t]];
      if (t > 0) {
        score += transitions[tags[t - 1] * TAGS + tags[t]];
      }
    }
    return score;
  }

  /** Every path of sequence {@code b}, best first. */
  private List<Path> everyPath(int b) {
    var paths = new ArrayList<Path>();
    for (int n = 0; n < Math.pow(TAGS, LENGTHS[b]); n++) {
      var tags = new int[LENGTHS[b]];
      for (int t = 0, rest = n; t < tags.length; t++, rest /= TAGS) {
        tags[t] = rest % TAGS; // the last tag counts most: this order is that of ties
      }
      paths.add(new Path(tags, score(b, tags)));
    }
    paths.sort(Comparator.comparingDouble(Path::score).reversed());
    return paths;
  }

  private double probability(List<Path> all, Path path) {
    double best = all.get(0).score();
    return Math.exp(path.score() - best)
        / all.stream().mapToDouble(p -> Math.exp(p.score() - best)).sum();
  }

  private Tensor emissions() {
    return scope.of(Shape.of(LENGTHS.length, TOKENS, TAGS), emissions);
  }

  private Tensor lengths() {
    return scope.ints(Shape.of(LENGTHS.length), LENGTHS);
  }

  private Tensor transitions() {
    return scope.of(Shape.of(TAGS, TAGS), transitions);
  }

  private Tensor start() {
    return scope.of(Shape.of(TAGS), start);
  }

  private Tensor end() {
    return scope.of(Shape.of(TAGS), end);
  }

  /** Gold tags; what stands past the end is {@code rest}. */
  private int[] tags(int rest) {
    var tags = new int[LENGTHS.length * TOKENS];
    for (int i = 0; i < tags.length; i++) {
      tags[i] = i % TOKENS < LENGTHS[i / TOKENS] ? i * 7 % TAGS : rest;
    }
    return tags;
  }

  private Tensor logLikelihood(int... tags) {
    var gold = scope.ints(Shape.of(LENGTHS.length, TOKENS), tags);
    return Crf.logLikelihood(emissions(), lengths(), gold, transitions(), start(), end());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 1, 30, 1e4})
  void givesTheLogarithmOfAPathsShareOfAllPaths(double magnitude) {
    draw(magnitude);
    var values = logLikelihood(tags(0)).toFloats();
    for (int b = 0; b < LENGTHS.length; b++) {
      var all = everyPath(b);
      double best = all.get(0).score();
      double logPartition =
          best + Math.log(all.stream().mapToDouble(p -> Math.exp(p.score() - best)).sum());
      var gold = new int[LENGTHS[b]];
      System.arraycopy(tags(0), b * TOKENS, gold, 0, gold.length);
      double expected = score(b, gold) - logPartition;
      assertEquals(expected, values[b], 1e-6 * Math.max(1, Math.abs(expected)), "sequence " + b);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 1e4})
  void givesTheMarginalsOfAllPaths(double magnitude) {
    draw(magnitude);
    var p = Crf.marginals(emissions(), lengths(), transitions(), start(), end()).toFloats();
    var expected = new double[p.length];
    for (int b = 0; b < LENGTHS.length; b++) {
      var all = everyPath(b);
      for (var path : all) {
        for (int t = 0; t < path.tags().length; t++) {
          expected[(b * TOKENS + t) * TAGS + path.tags()[t]] += probability(all, path);
        }
      }
    }
    for (int i = 0; i < p.length; i++) {
      assertEquals(expected[i], p[i], 1e-6, "element " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 9, 300})
  void findsTheBestOfAllPaths(int k) {
    checkBest(k);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 300})
  void ordersPathsOfEqualScoreFromTheLastTagBackwards(int k) {
    emissions = new float[emissions.length];
    transitions = new float[] {0, 0, 1, 0, 0, 0, 0, 1, 0};
    start = new float[TAGS];
    end = new float[TAGS];
    checkBest(k);
  }

  private void checkBest(int k) {
    var best = Crf.best(emissions(), lengths(), transitions(), start(), end(), k);
    var paths = best.paths().toInts();
    var scores = best.scores().toFloats();
    for (int b = 0; b < LENGTHS.length; b++) {
      var all = everyPath(b);
      for (int rank = 0; rank < k; rank++) {
        var expected = new int[TOKENS];
        Arrays.fill(expected, -1);
        double score = Double.NEGATIVE_INFINITY;
        if (rank < all.size()) {
          System.arraycopy(all.get(rank).tags(), 0, expected, 0, LENGTHS[b]);
          score = all.get(rank).score();
        }
        var found = new int[TOKENS];
        System.arraycopy(paths, (b * k + rank) * TOKENS, found, 0, TOKENS);
        assertArrayEquals(expected, found, "sequence " + b + ", rank " + rank);
        assertEquals((float) score, scores[b * k + rank], "sequence " + b + ", rank " + rank);
      }
    }
  }

  @Test
  void nothingPastTheEndMatters() {
    var before = logLikelihood(tags(0)).toFloats();
    var marginals = Crf.marginals(emissions(), lengths(), transitions(), start(), end());
    for (int i = 0; i < emissions.length; i++) {
      if (i / TAGS % TOKENS >= LENGTHS[i / TAGS / TOKENS]) {
        emissions[i] = Float.NaN;
      }
    }
    assertArrayEquals(before, logLikelihood(tags(-12345)).toFloats());
    assertArrayEquals(
        marginals.toFloats(),
        Crf.marginals(emissions(), lengths(), transitions(), start(), end()).toFloats());
  }

  @Test
  void gradientIsObservedMinusExpectedCountsEvenForHugeScores() {
    draw(1e4);
    var leaf = scope.parameter(Shape.of(LENGTHS.length, TOKENS, TAGS), emissions);
    var pairs = scope.parameter(Shape.of(TAGS, TAGS), transitions);
    var gold = scope.ints(Shape.of(LENGTHS.length, TOKENS), tags(0));
    var loss = Reduction.sum(Crf.logLikelihood(leaf, lengths(), gold, pairs, start(), end()));
    var gradients = Tape.gradients(loss);
    var byPair = new double[TAGS * TAGS];
    var byEmission = new double[emissions.length];
    for (int b = 0; b < LENGTHS.length; b++) {
      var observed = new int[LENGTHS[b]];
      System.arraycopy(tags(0), b * TOKENS, observed, 0, observed.length);
      count(b, observed, 1, byEmission, byPair);
      var all = everyPath(b);
      for (var path : all) {
        count(b, path.tags(), -probability(all, path), byEmission, byPair);
      }
    }
    assertClose(byEmission, gradients.of(leaf).toFloats());
    assertClose(byPair, gradients.of(pairs).toFloats());
  }

  private static void count(
      int b, int[] path, double weight, double[] byEmission, double[] byPair) {
    for (int t = 0; t < path.length; t++) {
      byEmission[(b * TOKENS + t) * TAGS + path[t]] += weight;
      if (t > 0) {
        byPair[path[t - 1] * TAGS + path[t]] += weight;
      }
    }
  }

  private static void assertClose(double[] expected, float[] found) {
    for (int i = 0; i < found.length; i++) {
      assertEquals(expected[i], found[i], 1e-6, "element " + i);
    }
  }

  @Test
  void neverExpectsAForbiddenTransition() {
    transitions[1] = -1e9f; // from 0 to 1
    start[2] = -1e9f;
    var leaf = scope.parameter(Shape.of(TAGS, TAGS), transitions);
    var gold = scope.ints(Shape.of(LENGTHS.length, TOKENS), new int[LENGTHS.length * TOKENS]);
    var values = Crf.logLikelihood(emissions(), lengths(), gold, leaf, start(), end());
    var gradient = Tape.gradients(Reduction.sum(values)).of(leaf).toFloats();
    assertEquals(0, gradient[1]);
    assertTrue(values.toFloats()[0] < 0 && values.toFloats()[0] > -50);
    checkBest(3);
    var p = Crf.marginals(emissions(), lengths(), transitions(), start(), end()).toFloats();
    assertEquals(0, p[2]);
  }

  @Test
  void gradientIsThatOfCentralDifferences() {
    GradientCheck.check(
        x -> Crf.logLikelihood(x[0], ints(LENGTHS), goldOf(tags(-1)), x[1], x[2], x[3]),
        Shape.of(LENGTHS.length, TOKENS, TAGS),
        Shape.of(TAGS, TAGS),
        Shape.of(TAGS),
        Shape.of(TAGS));
  }

  private static Tensor ints(int... values) {
    return Scope.current().ints(Shape.of(values.length), values);
  }

  private static Tensor goldOf(int... values) {
    return Scope.current().ints(Shape.of(LENGTHS.length, TOKENS), values);
  }

  @Test
  void refusesWhatIsOutOfRange() {
    var tags = tags(0);
    tags[2] = TAGS;
    var tag = assertThrows(IllegalArgumentException.class, () -> logLikelihood(tags));
    assertEquals(
        "crf.logLikelihood: tag out of range in sequence 0 at 2, 3 vs 0 to 2", tag.getMessage());
    tags[2] = -1;
    assertThrows(IllegalArgumentException.class, () -> logLikelihood(tags));
    for (int length : new int[] {0, TOKENS + 1}) {
      var lengths = scope.ints(Shape.of(LENGTHS.length), 1, 1, length, 1);
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> Crf.marginals(emissions(), lengths, transitions(), start(), end()));
      assertEquals("crf.marginals: length out of range, " + length + " vs 1 to 5", e.getMessage());
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> Crf.best(emissions(), lengths(), transitions(), start(), end(), 0));
    assertThrows(
        IllegalArgumentException.class,
        () -> Crf.best(emissions(), lengths(), start(), start(), end(), 1));
  }

  @Test
  void refusesToLoseAGradient() {
    var leaf = scope.parameter(Shape.of(TAGS), start);
    assertThrows(
        IllegalStateException.class,
        () -> Crf.marginals(emissions(), lengths(), transitions(), leaf, end()));
    assertThrows(
        IllegalStateException.class,
        () -> Crf.best(emissions(), lengths(), transitions(), leaf, end(), 2));
  }
}
