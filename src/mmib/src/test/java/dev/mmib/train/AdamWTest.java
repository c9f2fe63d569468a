package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.op.Arithmetic;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdamWTest {

  private static final AdamW.Group GROUP = new AdamW.Group(0.1, 0.5);

  private final Backend backend = new JavaBackend(1);
  private final Scope model = Scope.detached(backend);

  @AfterEach
  void close() {
    model.close();
    backend.close();
  }

  @Test
  void stepsAsTheFormulaSays() {
    var p = model.parameter(Shape.of(2), 1, -2);
    double[] expected = {1, -2};
    double[] m = new double[2];
    double[] v = new double[2];
    try (var adam = new AdamW(backend, AdamW.Options.adamW()).add("p", p, GROUP)) {
      for (int k = 1; k <= 5; k++) {
        float[] g = {0.3f * k, -0.01f};
        step(adam, p, g, 0.5);
        for (int i = 0; i < 2; i++) {
          double rate = 0.05;
          expected[i] -= rate * 0.5 * expected[i];
          m[i] = 0.9 * m[i] + 0.1 * g[i];
          v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
          double mHat = m[i] / (1 - Math.pow(0.9, k));
          double vHat = v[i] / (1 - Math.pow(0.999, k));
          expected[i] -= rate * mHat / (Math.sqrt(vHat) + 1e-8);
        }
      }
      assertArrayEquals(new float[] {(float) expected[0], (float) expected[1]}, floats(p), 1e-6f);
    }
  }

  @Test
  void leavesAParameterWithoutAGradientAlone() {
    var p = model.parameter(Shape.of(1), 1);
    try (var adam = new AdamW(backend, AdamW.Options.adamW()).add("p", p, GROUP)) {
      adam.step(parameter -> null, 1, 1);
      assertEquals(1, floats(p)[0]);
      assertTrue(adam.states().isEmpty());
      step(adam, p, new float[] {1}, 1);
      assertEquals(1, state(adam, "p").step());
    }
  }

  @Test
  void scalesEachGradientOnceWhenTwoShareTheirMemory() {
    var a = model.parameter(Shape.of(1), 0);
    var b = model.parameter(Shape.of(1), 0);
    try (var adam = new AdamW(backend, new AdamW.Options(0, 0, 0, true));
        var scope = Scope.open(backend, Mode.TRAIN)) {
      adam.add("a", a, new AdamW.Group(1, 0)).add("b", b, new AdamW.Group(1, 0));
      var gradients = Tape.gradients(Reduction.sum(Arithmetic.add(a, b)));
      adam.step(gradients::find, 1, 0.25);
      assertArrayEquals(floats(a), floats(b));
      try (var inner = Scope.open(backend, Mode.INFER)) {
        assertEquals(0.25f, state(adam, "a").m().item());
        assertEquals(0.25f, state(adam, "b").m().item());
      }
    }
  }

  @Test
  void goesOnFromARestoredState() {
    var whole = model.parameter(Shape.of(1), 1);
    var first = model.parameter(Shape.of(1), 1);
    try (var one = new AdamW(backend, AdamW.Options.adam()).add("p", whole, GROUP);
        var before = new AdamW(backend, AdamW.Options.adam()).add("p", first, GROUP);
        var after = new AdamW(backend, AdamW.Options.adam())) {
      step(one, whole, new float[] {1}, 1);
      step(one, whole, new float[] {-2}, 1);
      step(before, first, new float[] {1}, 1);
      var state = state(before, "p");
      after.add("p", first, GROUP);
      after.restore("p", floats(state.m()), floats(state.v()), state.step());
      step(after, first, new float[] {-2}, 1);
      assertArrayEquals(floats(whole), floats(first), 0);
      assertThrows(
          IllegalArgumentException.class, () -> after.restore("q", new float[1], new float[1], 1));
    }
  }

  @Test
  void refusesTheSameNameTwice() {
    var p = model.parameter(Shape.of(1), 1);
    try (var adam = new AdamW(backend, AdamW.Options.adamW()).add("p", p, GROUP)) {
      assertThrows(IllegalArgumentException.class, () -> adam.add("p", p, GROUP));
    }
  }

  @Test
  void measuresTheNormOfAllGradientsTogether() {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      var a = scope.of(Shape.of(2), 3, 0);
      var b = scope.of(Shape.of(1), 4);
      assertEquals(5, GradientClip.norm(backend, List.of(a, b)), 1e-12);
      var broken = scope.of(Shape.of(1), Float.NaN);
      assertTrue(Double.isNaN(GradientClip.norm(backend, List.of(a, broken))));
    }
  }

  @Test
  void freesItsMoments() {
    var p = model.parameter(Shape.of(1000), new float[1000]);
    long before = backend.memory().liveBytes();
    try (var adam = new AdamW(backend, AdamW.Options.adamW()).add("p", p, GROUP)) {
      step(adam, p, new float[1000], 1);
      assertEquals(before + 8000, backend.memory().liveBytes());
    }
    assertEquals(before, backend.memory().liveBytes());
  }

  private void step(AdamW adam, Tensor p, float[] gradient, double rateFactor) {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      var g = scope.of(p.shape(), gradient);
      adam.step(parameter -> g, rateFactor, 1);
    }
  }

  private static AdamW.State state(AdamW adam, String name) {
    return Objects.requireNonNull(adam.states().get(name));
  }

  private float[] floats(Tensor t) {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      return t.toFloats();
    }
  }
}
