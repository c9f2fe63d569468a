package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** When dropout and noise are drawn, and from which stream. */
class RandomOpsTest {

  private static final Shape SHAPE = Shape.of(4, 1000);

  @Test
  void dropoutDropsAsOftenAsItSaysAndKeepsTheMean() {
    try (var backend = new JavaBackend(1);
        var scope = Scope.open(backend, Mode.TRAIN, new RandomState(5, 0))) {
      var x = scope.zeros(SHAPE);
      backend.elementwise().fill(x.buffer(), 1);
      var y = Regularization.dropout(x, 0.25).toFloats();
      int dropped = 0;
      for (float v : y) {
        dropped += v == 0 ? 1 : 0;
        assertEquals(v == 0 ? 0 : 4f / 3, v, 1e-6);
      }
      // Five standard deviations of a binomial count.
      assertEquals(1000, dropped, 5 * Math.sqrt(4000 * 0.25 * 0.75));
      assertEquals(1, scope.random().position());
    }
  }

  @Test
  void nothingIsDrawnAtInference() {
    try (var backend = new JavaBackend(1);
        var scope = Scope.open(backend, Mode.INFER, new RandomState(5, 9))) {
      var x = scope.zeros(SHAPE);
      assertSame(x, Regularization.dropout(x, 0.5));
      assertSame(x, Noise.reparameterize(x, scope.zeros(SHAPE)));
      assertEquals(9, scope.random().position());
      var z = Noise.reparameterizeAlways(x, scope.zeros(SHAPE)).toFloats();
      assertFalse(Arrays.equals(x.toFloats(), z));
      assertEquals(10, scope.random().position());
    }
  }

  @Test
  void dropoutOfNothingTakesNoStream() {
    try (var backend = new JavaBackend(1);
        var scope = Scope.open(backend, Mode.TRAIN, new RandomState(5, 9))) {
      var x = scope.zeros(SHAPE);
      assertSame(x, Regularization.dropout(x, 0));
      assertEquals(9, scope.random().position());
    }
  }

  @Test
  void aSublayersEndDropsWhatDropoutDrops() {
    try (var backend = new JavaBackend(1);
        var scope = Scope.open(backend, Mode.TRAIN, new RandomState(5, 9))) {
      var x = Noise.reparameterizeAlways(scope.zeros(SHAPE), scope.zeros(SHAPE));
      var residual = Noise.reparameterizeAlways(scope.zeros(SHAPE), scope.zeros(SHAPE));
      var gamma = scope.zeros(Shape.of(1000));
      var beta = scope.zeros(Shape.of(1000));
      backend.elementwise().fill(gamma.buffer(), 2);
      long position = scope.random().position();
      var fused = Normalization.residualLayerNorm(x, residual, gamma, beta, 1e-5, 0.3).toFloats();
      assertEquals(position + 1, scope.random().position());
      try (var again = Scope.open(backend, Mode.TRAIN, new RandomState(5, position))) {
        var sum = Arithmetic.add(residual, Regularization.dropout(x, 0.3));
        var apart = Normalization.layerNorm(sum, gamma, beta, 1e-5);
        assertArrayEquals(apart.toFloats(), fused, 1e-6f);
      }
      Normalization.residualLayerNorm(x, residual, gamma, beta, 1e-5, 0);
      assertEquals(position + 1, scope.random().position());
    }
  }

  @Test
  void everyDrawTakesAnotherStreamAndASavedStateRepeatsIt() {
    try (var backend = new JavaBackend(1);
        var scope = Scope.open(backend, Mode.TRAIN, new RandomState(5, 9))) {
      var mu = scope.zeros(SHAPE);
      var logVar = scope.zeros(SHAPE);
      var first = Noise.reparameterize(mu, logVar).toFloats();
      var second = Noise.reparameterize(mu, logVar).toFloats();
      assertFalse(Arrays.equals(first, second));
      try (var again = Scope.open(backend, Mode.TRAIN, new RandomState(5, 10))) {
        assertArrayEquals(second, Noise.reparameterize(mu, logVar).toFloats());
        assertEquals(11, again.random().position());
      }
      try (var other = Scope.open(backend, Mode.TRAIN, new RandomState(6, 10))) {
        assertFalse(Arrays.equals(second, Noise.reparameterize(mu, logVar).toFloats()));
      }
    }
  }

  @Test
  void codesHaveTheDeviationThatTheyAreGiven() {
    try (var backend = new JavaBackend(2);
        var scope = Scope.open(backend, Mode.TRAIN, new RandomState(1, 2))) {
      var mu = scope.zeros(SHAPE);
      backend.elementwise().fill(mu.buffer(), 3);
      var logVar = scope.zeros(SHAPE);
      backend.elementwise().fill(logVar.buffer(), 2 * Math.log(0.5));
      var z = Noise.reparameterize(mu, logVar).toFloats();
      double mean = 0;
      double variance = 0;
      for (float v : z) {
        mean += v / 4000.0;
        variance += (v - 3) * (v - 3) / 4000.0;
      }
      assertEquals(3, mean, 5 * 0.5 / Math.sqrt(4000));
      assertEquals(0.25, variance, 5 * 0.25 * Math.sqrt(2 / 4000.0));
    }
  }

  @Test
  void refusesImpossibleProbabilities() {
    try (var backend = new JavaBackend(1);
        var scope = Scope.open(backend, Mode.INFER)) {
      var x = scope.zeros(SHAPE);
      for (double p : new double[] {-0.1, 1, Double.NaN}) {
        assertThrows(IllegalArgumentException.class, () -> Regularization.dropout(x, p));
      }
    }
  }
}
