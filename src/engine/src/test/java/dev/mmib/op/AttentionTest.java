package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Philox;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention against its definition, and against central differences. */
class AttentionTest {

  private static final int B = 2;
  private static final int HEADS = 3;
  private static final int LQ = 4;
  private static final int LK = 5;
  private static final int D = 6;
  private static final float[] KEY_MASK = {1, 1, 0, 1, 0, 1, 1, 1, 1, 0};
  private static final float[] QUERY_MASK = {1, 1, 1, 0, 1, 0, 1, 1};

  private Backend backend;
  private Scope scope;

  @BeforeEach
  void open() {
    backend = new JavaBackend(1);
    scope = Scope.open(backend, Mode.TRAIN, new RandomState(11, 5));
  }

  @AfterEach
  void close() {
    scope.close();
    assertEquals(0, backend.memory().liveBuffers());
    backend.close();
  }

  private static @Nullable Tensor keyMask(boolean wanted) {
    return wanted ? Scope.current().of(Shape.of(B, LK), KEY_MASK) : null;
  }

  private static @Nullable Tensor queryMask(boolean wanted) {
    return wanted ? Scope.current().of(Shape.of(B, LQ), QUERY_MASK) : null;
  }

  @ParameterizedTest
  @CsvSource({
    "false, false, 0",
    "true, false, 0",
    "false, true, 0",
    "true, true, 0",
    "true, true, 0.4"
  })
  void gradientIsThatOfCentralDifferences(boolean keys, boolean queries, double dropout) {
    GradientCheck.check(
        x ->
            Attention.attention(
                x[0], x[1], x[2], HEADS, keyMask(keys), queryMask(queries), dropout),
        Shape.of(B, LQ, D),
        Shape.of(B, LK, D),
        Shape.of(B, LK, D));
  }

  @Test
  void gradientOfSelfAttentionSumsItsThreeRoles() {
    GradientCheck.check(
        x -> Attention.attention(x[0], x[0], x[0], HEADS, keyMask(true), null, 0.2),
        Shape.of(B, LK, D));
  }

  @Test
  void gradientSkipsWhatIsConstant() {
    GradientCheck.check(
        x -> {
          var k = Scope.current().of(Shape.of(1, 2, 4), .1f, .2f, -.3f, .4f, .5f, -1f, .3f, .1f);
          return Attention.attention(x[0], k, k, 2, null, null, 0);
        },
        Shape.of(1, 3, 4));
  }

  private static float[] random(int n, int seed) {
    var random = new Random(seed);
    var values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** P by the definition, [B, HEADS, LQ, LK]. */
  private static double[] probabilities(float[] q, float[] k, boolean keys, boolean queries) {
    int dim = D / HEADS;
    var p = new double[B * HEADS * LQ * LK];
    for (int row = 0; row < B * HEADS * LQ; row++) {
      int b = row / LQ / HEADS;
      int h = row / LQ % HEADS;
      int i = row % LQ;
      double sum = 0;
      for (int j = 0; j < LK; j++) {
        double score = 0;
        for (int d = 0; d < dim; d++) {
          score += (double) q[(b * LQ + i) * D + h * dim + d] * k[(b * LK + j) * D + h * dim + d];
        }
        score /= Math.sqrt(dim);
        boolean masked =
            (keys && KEY_MASK[b * LK + j] == 0) || (queries && QUERY_MASK[b * LQ + i] == 0);
        p[row * LK + j] = Math.exp((masked ? -1e9 : score) - (queryOff(queries, b, i) ? -1e9 : 0));
        sum += p[row * LK + j];
      }
      for (int j = 0; j < LK; j++) {
        p[row * LK + j] /= sum;
      }
    }
    return p;
  }

  private static boolean queryOff(boolean queries, int b, int i) {
    return queries && QUERY_MASK[b * LQ + i] == 0;
  }

  private static double[] output(double[] p, float[] v) {
    int dim = D / HEADS;
    var out = new double[B * LQ * D];
    for (int n = 0; n < p.length; n++) {
      int j = n % LK;
      int i = n / LK % LQ;
      int h = n / LK / LQ % HEADS;
      int b = n / LK / LQ / HEADS;
      for (int d = 0; d < dim; d++) {
        out[(b * LQ + i) * D + h * dim + d] += p[n] * v[(b * LK + j) * D + h * dim + d];
      }
    }
    return out;
  }

  private static void assertClose(double[] expected, float[] found) {
    assertEquals(expected.length, found.length);
    for (int i = 0; i < found.length; i++) {
      assertEquals(expected[i], found[i], 2e-6, "element " + i);
    }
  }

  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "false, true", "true, true"})
  void isTheWeightedSumOfItsDefinition(boolean keys, boolean queries) {
    var q = random(B * LQ * D, 1);
    var k = random(B * LK * D, 2);
    var v = random(B * LK * D, 3);
    var p = probabilities(q, k, keys, queries);
    var qs = scope.of(Shape.of(B, LQ, D), q);
    var ks = scope.of(Shape.of(B, LK, D), k);
    var vs = scope.of(Shape.of(B, LK, D), v);
    var found = Attention.attentionProbabilities(qs, ks, HEADS, keyMask(keys), queryMask(queries));
    assertEquals(Shape.of(B, HEADS, LQ, LK), found.shape());
    assertClose(p, found.toFloats());
    var out = Attention.attention(qs, ks, vs, HEADS, keyMask(keys), queryMask(queries), 0);
    assertClose(output(p, v), out.toFloats());
  }

  @Test
  void attendsUniformlyWhereNothingIsLeft() {
    var q = scope.of(Shape.of(1, 2, 2), random(4, 1));
    var k = scope.of(Shape.of(1, 4, 2), random(8, 2));
    var noKeys = scope.of(Shape.of(1, 4), 0, 0, 0, 0);
    var p = Attention.attentionProbabilities(q, k, 1, noKeys, null).toFloats();
    assertArrayEquals(new float[] {.25f, .25f, .25f, .25f, .25f, .25f, .25f, .25f}, p);
  }

  @Test
  void survivesLargeScores() {
    var q = scope.of(Shape.of(1, 1, 1), 1e4f);
    var k = scope.of(Shape.of(1, 2, 1), 1e4f, -1e4f);
    var v = scope.of(Shape.of(1, 2, 1), 3, 5);
    assertEquals(3, Attention.attention(q, k, v, 1, null, null, 0).item());
  }

  @Test
  void dropsTheProbabilitiesThatTheRandomStreamNames() {
    double rate = 0.4;
    var q = random(B * LQ * D, 1);
    var k = random(B * LK * D, 2);
    var v = random(B * LK * D, 3);
    var p = probabilities(q, k, true, false);
    var words = new int[4];
    int dropped = 0;
    for (int n = 0; n < p.length; n++) {
      Philox.block(11, 5, n / 4, words);
      boolean drop = Philox.uniform(words[n % 4]) < rate;
      p[n] = drop ? 0 : p[n] / (1 - rate);
      dropped += drop ? 1 : 0;
    }
    assertTrue(dropped > 20 && dropped < p.length - 20);
    var qs = scope.of(Shape.of(B, LQ, D), q);
    var ks = scope.of(Shape.of(B, LK, D), k);
    var vs = scope.of(Shape.of(B, LK, D), v);
    var out = Attention.attention(qs, ks, vs, HEADS, keyMask(true), null, rate);
    assertClose(output(p, v), out.toFloats());
    assertEquals(6, scope.random().position());
  }

  @Test
  void dropsNothingAtInference() {
    try (var inner = Scope.open(backend, Mode.INFER)) {
      var x = inner.of(Shape.of(B, LK, D), random(B * LK * D, 4));
      var with = Attention.attention(x, x, x, HEADS, null, null, 0.5);
      var without = Attention.attention(x, x, x, HEADS, null, null, 0);
      assertArrayEquals(without.toFloats(), with.toFloats());
      assertEquals(5, inner.random().position());
    }
  }

  @Test
  void keepsNothingForABackwardPassAtInference() {
    try (var inner = Scope.open(backend, Mode.INFER)) {
      var x = inner.of(Shape.of(B, LK, D), random(B * LK * D, 4));
      long before = backend.memory().liveBuffers();
      Attention.attention(x, x, x, HEADS, null, null, 0);
      assertEquals(before + 1, backend.memory().liveBuffers());
    }
  }

  @Test
  void namesBothValuesWhenTheyDoNotFit() {
    var q = scope.zeros(Shape.of(2, 4, 6));
    var k = scope.zeros(Shape.of(2, 5, 6));
    assertMessage(
        "attention: keys do not fit queries, [3, 5, 6] vs [2, 5, 6]",
        () -> attend(q, scope.zeros(Shape.of(3, 5, 6)), k, 3, null));
    assertMessage(
        "attention: keys and values differ, [2, 4, 6] vs [2, 5, 6]",
        () -> attend(q, k, q, 3, null));
    assertMessage(
        "attention: heads do not divide the width, 4 vs 6", () -> attend(q, k, k, 4, null));
    assertMessage(
        "attention: key mask has another shape, [2, 4] vs [2, 5]",
        () -> attend(q, k, k, 3, scope.zeros(Shape.of(2, 4))));
    assertMessage(
        "attention: queries must have 3 axes, [2, 4] vs 3",
        () -> attend(scope.zeros(Shape.of(2, 4)), k, k, 3, null));
    assertMessage(
        "dropout: probability 1.0 vs [0, 1)", () -> Attention.attention(q, k, k, 3, null, null, 1));
  }

  private static Tensor attend(Tensor q, Tensor k, Tensor v, int heads, @Nullable Tensor keyMask) {
    return Attention.attention(q, k, v, heads, keyMask, null, 0);
  }

  private static void assertMessage(String message, Runnable call) {
    var e = assertThrows(IllegalArgumentException.class, call::run);
    assertEquals(message, e.getMessage());
  }

  @Test
  void refusesToLoseAGradient() {
    var x = scope.parameter(Shape.of(1, 2, 2), 1, 2, 3, 4);
    var mask = scope.parameter(Shape.of(1, 2), 1, 1);
    assertThrows(
        IllegalStateException.class, () -> Attention.attentionProbabilities(x, x, 1, null, null));
    assertThrows(IllegalStateException.class, () -> attend(x, x, x, 1, mask));
    var gradient = Tape.gradients(Reduction.sum(attend(x, x, x, 1, null))).of(x);
    assertEquals(x.shape(), gradient.shape());
  }
}
