package dev.mmib.backend.host;

import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import org.apache.commons.numbers.gamma.Erf;
import org.apache.commons.numbers.gamma.Erfc;

/** The functions of one number and their derivatives, in place over a tile. */
final class UnaryFunctions {

  private static final double SQRT_HALF = Math.sqrt(0.5);
  private static final double SQRT_2_BY_PI = Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715;

  private UnaryFunctions() {}

  /** {@code x = f(x)}. */
  static void apply(Unary f, float[] x, int n) {
    switch (f) {
      case EXP -> exp(x, n);
      case LOG -> log(x, n);
      case SQRT -> sqrt(x, n);
      case TANH -> tanh(x, n);
      case SIGMOID -> sigmoid(x, n);
      case SOFTPLUS -> softplus(x, n);
      case RELU -> relu(x, n);
      case GELU -> gelu(x, n);
      case GELU_TANH -> geluTanh(x, n);
      case ERF -> erf(x, n);
    }
  }

  /** {@code x = f′(x)}, where {@code y = f(x)}. */
  static void derivative(Unary f, float[] x, float[] y, int n) {
    switch (f) {
      case EXP -> System.arraycopy(y, 0, x, 0, n);
      case LOG -> reciprocal(x, n);
      case SQRT -> sqrtDerivative(x, y, n);
      case TANH -> tanhDerivative(x, y, n);
      case SIGMOID -> sigmoidDerivative(x, y, n);
      case SOFTPLUS -> sigmoid(x, n);
      case RELU -> step(x, n);
      case GELU -> geluDerivative(x, n);
      case GELU_TANH -> geluTanhDerivative(x, n);
      case ERF -> erfDerivative(x, n);
    }
  }

  private static void exp(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (float) Math.exp(x[i]);
    }
  }

  private static void log(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (float) Math.log(x[i]);
    }
  }

  private static void reciprocal(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = 1 / x[i];
    }
  }

  private static void sqrt(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (float) Math.sqrt(x[i]);
    }
  }

  private static void sqrtDerivative(float[] x, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = 1 / (2 * y[i]);
    }
  }

  private static void tanh(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (float) hyperbolicTangent(x[i]);
    }
  }

  /** tanh x by the fast {@code exp}: {@code Math.tanh} takes five times as long. */
  private static double hyperbolicTangent(double x) {
    double size = Math.abs(x);
    if (size < 1e-3) { // where 1 − e would cancel; the next term is below 10⁻¹⁶ of x
      return x - x * x * x / 3 + 2 * x * x * x * x * x / 15;
    }
    double e = Math.exp(-2 * size);
    return Math.copySign((1 - e) / (1 + e), x);
  }

  private static void tanhDerivative(float[] x, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = 1 - y[i] * y[i];
    }
  }

  private static void sigmoid(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (float) (1 / (1 + Math.exp(-x[i])));
    }
  }

  private static void sigmoidDerivative(float[] x, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = y[i] * (1 - y[i]);
    }
  }

  private static void softplus(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (float) (Math.max(x[i], 0) + Math.log1p(Math.exp(-Math.abs(x[i]))));
    }
  }

  private static void relu(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = Math.max(x[i], 0);
    }
  }

  private static void step(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = x[i] > 0 ? 1 : 0;
    }
  }

  private static void erf(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (float) Erf.value(x[i]);
    }
  }

  /** 2/√π · exp(−x²). */
  private static void erfDerivative(float[] x, int n) {
    double factor = 2 / Math.sqrt(Math.PI);
    for (int i = 0; i < n; i++) {
      double v = x[i];
      x[i] = (float) (factor * Math.exp(-v * v));
    }
  }

  /** Φ(x); the complement keeps the left tail exact. */
  private static double gaussian(double x) {
    return 0.5 * Erfc.value(-x * SQRT_HALF);
  }

  private static void gelu(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (float) (x[i] * gaussian(x[i]));
    }
  }

  /** Φ(x) + xφ(x). */
  private static void geluDerivative(float[] x, int n) {
    double normalizer = 1 / Math.sqrt(2 * Math.PI);
    for (int i = 0; i < n; i++) {
      double v = x[i];
      x[i] = (float) (gaussian(v) + v * normalizer * Math.exp(-0.5 * v * v));
    }
  }

  private static void geluTanh(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      double v = x[i];
      x[i] = (float) (0.5 * v * (1 + hyperbolicTangent(SQRT_2_BY_PI * (v + CUBIC * v * v * v))));
    }
  }

  private static void geluTanhDerivative(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      double v = x[i];
      double t = hyperbolicTangent(SQRT_2_BY_PI * (v + CUBIC * v * v * v));
      double slope = SQRT_2_BY_PI * (1 + 3 * CUBIC * v * v);
      x[i] = (float) (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * slope);
    }
  }
}
