package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.commons.numbers.gamma.Erfc;
import org.junit.jupiter.api.Test;

/** GELU's tails against double. */
class GeluTest {

  private static final int STEPS = 100_000;

  private static double tail(double x) {
    return 0.5 * Erfc.value(x * Math.sqrt(0.5));
  }

  private static double density(double x) {
    return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }

  /** Numbers between two others. */
  private static float[] between(double from, double to) {
    var x = new float[STEPS];
    for (int i = 0; i < STEPS; i++) {
      x[i] = (float) (from + (to - from) * (i + 0.5) / STEPS);
    }
    return x;
  }

  private static float[] gelu(float[] x) {
    var y = x.clone();
    Gelu.forward(y, new float[x.length], x.length);
    return y;
  }

  private static float[] derivative(float[] x) {
    var dx = x.clone();
    Gelu.derivative(dx, new float[x.length], new float[x.length], x.length);
    return dx;
  }

  @Test
  void keepsTheRelativeAccuracyOfItsTail() {
    assertTail(-4, -1e-3, 3e-6);
    assertTail(-6, -4, 5e-6);
  }

  private static void assertTail(double from, double to, double relative) {
    var x = between(from, to);
    var y = gelu(x);
    for (int i = 0; i < STEPS; i++) {
      double exact = x[i] * tail(-x[i]);
      assertEquals(exact, y[i], relative * Math.abs(exact), "gelu(" + x[i] + ")");
    }
  }

  @Test
  void addsTheTailToWhatIsPositive() {
    var x = between(1e-3, 8);
    var y = gelu(x);
    for (int i = 0; i < STEPS; i++) {
      double exact = x[i] * tail(-x[i]);
      assertEquals(exact, y[i], 2e-6 * exact, "gelu(" + x[i] + ")");
    }
  }

  @Test
  void derivesAsAccurately() {
    var x = between(-6, 6);
    var dx = derivative(x);
    for (int i = 0; i < STEPS; i++) {
      double left = tail(-x[i]); // cancels against the other where x is about −0.75
      double right = x[i] * density(x[i]);
      double size = left + Math.abs(right);
      double relative = x[i] < -4 ? 5e-6 : 3e-6;
      assertEquals(left + right, dx[i], relative * size, "gelu′(" + x[i] + ")");
    }
  }

  @Test
  void vanishesOrIsTheNumberItselfFarAway() {
    for (float far : new float[] {14, 15, 88, 1e4f, 1e19f, Float.MAX_VALUE}) {
      assertEquals(far, gelu(new float[] {far})[0]);
      assertEquals(0, gelu(new float[] {-far})[0], "gelu(−" + far + ")");
      assertEquals(1, derivative(new float[] {far})[0]);
      assertEquals(0, derivative(new float[] {-far})[0], "gelu′(−" + far + ")");
    }
  }

  @Test
  void fallsOnItsWayThere() {
    var x = between(-14, -6);
    var y = gelu(x);
    var dx = derivative(x);
    for (int i = 0; i < STEPS; i++) {
      double exact = x[i] * tail(-x[i]);
      assertEquals(exact, y[i], 0.2 * Math.abs(exact) + 2 * Float.MIN_NORMAL, "gelu(" + x[i] + ")");
      assertTrue(dx[i] <= 0 && dx[i] > -1e-7, "gelu′(" + x[i] + ") = " + dx[i]);
    }
  }

  @Test
  void isExactAtNaughtAndPassesOnWhatIsNoNumber() {
    assertEquals(0, gelu(new float[] {0})[0]);
    assertEquals(0.5f, derivative(new float[] {0})[0], 1e-7f);
    assertTrue(Float.isNaN(gelu(new float[] {Float.NaN})[0]));
    assertTrue(Float.isNaN(derivative(new float[] {Float.NaN})[0]));
  }
}
