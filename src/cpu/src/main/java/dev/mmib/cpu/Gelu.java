package dev.mmib.cpu;

import dev.mmib.backend.kernel.ElementwiseKernels.Unary;

/**
 * The Gaussian error linear units in float, by loops that the JIT turns into vector instructions.
 *
 * <pre>
 *   gelu(x)     = x Φ(x)     = max(x, 0) − |x| Q(|x|),      Q = 1 − Φ, the tail
 *   gelu′(x)    = Φ(x) + x φ(x)
 *   geluTanh(x) = x σ(2s(x)) = max(x, 0) − |x| σ(−2s(|x|)), s(x) = √(2/π)(x + 0.044715 x³)
 * </pre>
 *
 * <p>Both tails fall like exp(−x²). Their 64th root hardly bends, so {@code u = tail^(−1/64) − 1}
 * is a short polynomial, and six times {@code 1 + u ← (1 + u)²}, which is {@code u ← u(2 + u)},
 * leads back without cancellation: the tails keep their relative accuracy, about 2·10⁻⁶ as far as
 * |x| = 4 and 4·10⁻⁶ as far as 6. (oneDNN's are off by 10⁻⁴ at x = −3, libnd4j's by far more.)
 *
 * <p>The coefficients are a weighted least-squares fit, reweighted towards the least largest error,
 * of {@code ((2Q(t))^(−1/64) − 1)/t} on 0 ≤ t ≤ 8; beyond, the polynomial keeps growing.
 */
public final class Gelu {

  private static final float SQRT_2_BY_PI = 0.7978845608028654f;
  private static final float INVERSE_SQRT_2_PI = 0.3989422804014327f;
  private static final float CUBIC = 0.044715f;

  /** Beyond this all tails are 0 in float, and squares of it are far from overflow. */
  private static final float FAR = 20;

  /** So steep that a clamp turns it into a step: min(max(x·STEEP, 0), 1). */
  private static final float STEEP = 1e30f;

  private Gelu() {}

  /** Whether {@code f} is one of the two. */
  public static boolean is(Unary f) {
    return f == Unary.GELU || f == Unary.GELU_TANH;
  }

  /** {@code x[i] = f(x[i])} below {@code n} for one of the two; {@code u} is room for as many. */
  static void apply(Unary f, float[] x, float[] u, int n) {
    if (f == Unary.GELU) {
      forward(x, u, n);
    } else {
      tanhForward(x, u, n);
    }
  }

  /** {@code x[i] = f′(x[i])} below {@code n}; {@code u} and {@code v} are room for as many. */
  static void derive(Unary f, float[] x, float[] u, float[] v, int n) {
    if (f == Unary.GELU) {
      derivative(x, u, v, n);
    } else {
      tanhDerivative(x, u, n);
    }
  }

  /** {@code x[i] = gelu(x[i])} below {@code n}; {@code u} is room for as many. */
  static void forward(float[] x, float[] u, int n) {
    gaussianRoot(x, u, n);
    square(u, n);
    for (int i = 0; i < n; i++) {
      float t = Math.min(Math.abs(x[i]), FAR);
      x[i] = Math.max(x[i], 0) - t * (0.5f / (1 + u[i]));
    }
  }

  /** {@code x[i] = gelu′(x[i])} below {@code n}; {@code u} and {@code v} are room for as many. */
  static void derivative(float[] x, float[] u, float[] v, int n) {
    gaussianRoot(x, u, n);
    square(u, n);
    for (int i = 0; i < n; i++) {
      float t = Math.min(Math.abs(x[i]), FAR);
      v[i] = t * t * (1f / 128);
    }
    expRoot(v, n);
    square(v, n);
    for (int i = 0; i < n; i++) {
      float clamped = Math.max(Math.min(x[i], FAR), -FAR);
      float tail = 0.5f / (1 + u[i]);
      float density = INVERSE_SQRT_2_PI / (1 + v[i]);
      float positive = Math.min(Math.max(clamped * STEEP, 0), 1);
      x[i] = tail + positive * (1 - 2 * tail) + clamped * density;
    }
  }

  /** {@code x[i] = geluTanh(x[i])} below {@code n}; {@code u} is room for as many. */
  static void tanhForward(float[] x, float[] u, int n) {
    logisticRoot(x, u, n);
    square(u, n);
    for (int i = 0; i < n; i++) {
      float t = Math.min(Math.abs(x[i]), FAR);
      x[i] = Math.max(x[i], 0) - t / (2 + u[i]);
    }
  }

  /** {@code x[i] = geluTanh′(x[i])} below {@code n}: σ + x 2s′ σ(1 − σ). */
  static void tanhDerivative(float[] x, float[] u, int n) {
    logisticRoot(x, u, n);
    square(u, n);
    for (int i = 0; i < n; i++) {
      float clamped = Math.max(Math.min(x[i], FAR), -FAR);
      float tail = 1 / (2 + u[i]);
      float slope = 2 * SQRT_2_BY_PI * (1 + 3 * CUBIC * clamped * clamped);
      float positive = Math.min(Math.max(clamped * STEEP, 0), 1);
      x[i] = tail + positive * (1 - 2 * tail) + clamped * slope * (tail * (1 - tail));
    }
  }

  /** {@code u = (2Q(|x|))^(−1/64) − 1}. */
  private static void gaussianRoot(float[] x, float[] u, int n) {
    for (int i = 0; i < n; i++) {
      float t = Math.min(Math.abs(x[i]), FAR);
      float q = 1.4494452730065555e-12f;
      q = q * t - 7.28415106010516e-11f;
      q = q * t + 1.6321907159166926e-09f;
      q = q * t - 2.1436539654473563e-08f;
      q = q * t + 1.815805035221274e-07f;
      q = q * t - 9.996414291890687e-07f;
      q = q * t + 3.171598564222222e-06f;
      q = q * t + 1.8316180785404867e-06f;
      q = q * t - 5.5406948376912624e-05f;
      q = q * t + 6.304465350694954e-04f;
      q = q * t + 5.051182117313147e-03f;
      q = q * t + 1.2466959655284882e-02f;
      u[i] = t * q;
    }
  }

  /** {@code u = exp(2s(|x|)/64) − 1}. */
  private static void logisticRoot(float[] x, float[] u, int n) {
    for (int i = 0; i < n; i++) {
      float t = Math.min(Math.abs(x[i]), FAR);
      u[i] = (SQRT_2_BY_PI / 32) * (t + CUBIC * t * t * t);
    }
    expRoot(u, n);
  }

  /** {@code z ← exp(z) − 1} for z from 0, where it is accurate to 0.6 or so. */
  static void expRoot(float[] z, int n) {
    for (int i = 0; i < n; i++) {
      float v = z[i];
      float q = 1f / 5040;
      q = q * v + 1f / 720;
      q = q * v + 1f / 120;
      q = q * v + 1f / 24;
      q = q * v + 1f / 6;
      q = q * v + 0.5f;
      q = q * v + 1;
      z[i] = v * q;
    }
  }

  /** {@code 1 + u ← (1 + u)⁶⁴}. */
  private static void square(float[] u, int n) {
    for (int i = 0; i < n; i++) {
      float v = u[i];
      v *= 2 + v;
      v *= 2 + v;
      v *= 2 + v;
      v *= 2 + v;
      v *= 2 + v;
      u[i] = v * (2 + v);
    }
  }
}
