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
 * <p>Both tails fall like exp(−x²). A root of them hardly bends, so {@code u = tail^(−1/32) − 1},
 * of the logistic one the 64th, is a short polynomial, and {@code 1 + u ← (1 + u)²}, which is
 * {@code u ← u(2 + u)}, leads back without cancellation: the tails keep their relative accuracy,
 * about 3·10⁻⁶ as far as |x| = 4 and 5·10⁻⁶ as far as 6. (oneDNN's are off by 10⁻⁴ at x = −3,
 * libnd4j's by far more.) Once u is no longer small, its sum with 1 is squared instead.
 *
 * <p>The coefficients are a weighted least-squares fit, reweighted towards the least largest error,
 * of {@code ((2Q(t))^(−1/32) − 1)/t} and {@code (exp(t²/64) − 1)/t²} on 0 ≤ t ≤ 14, to a few 10⁻⁷
 * as far as 6 and to as much as still lets tails vanish beyond. Even and odd powers apart are
 * chains of half the length, which a processor works on at once.
 */
public final class Gelu {

  private static final float SQRT_2_BY_PI = 0.7978845608028654f;
  private static final float INVERSE_SQRT_2_PI = 0.3989422804014327f;
  private static final float CUBIC = 0.044715f;

  /** Here all tails are 0 in float: what they are the inverse of is infinite. */
  private static final float FAR = 14;

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
    for (int i = 0; i < n; i++) {
      float t = Math.min(Math.abs(x[i]), FAR);
      x[i] = Math.max(x[i], 0) - t * (0.5f / power32(u[i]));
    }
  }

  /** {@code x[i] = gelu′(x[i])} below {@code n}; {@code u} and {@code v} are room for as many. */
  static void derivative(float[] x, float[] u, float[] v, int n) {
    gaussianRoot(x, u, n);
    densityRoot(x, v, n);
    for (int i = 0; i < n; i++) {
      float clamped = Math.max(Math.min(x[i], FAR), -FAR);
      float tail = 0.5f / power32(u[i]);
      float density = INVERSE_SQRT_2_PI / power32(v[i]);
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

  /** {@code u = (2Q(|x|))^(−1/32) − 1}. */
  private static void gaussianRoot(float[] x, float[] u, int n) {
    for (int i = 0; i < n; i++) {
      float t = Math.min(Math.abs(x[i]), FAR);
      float s = t * t;
      float odd = 4.734015402e-10f;
      odd = odd * s + 1.307669919e-07f;
      odd = odd * s + 2.847994665e-06f;
      odd = odd * s - 7.773742982e-05f;
      odd = odd * s + 1.025574468e-02f;
      float even = -7.645668820e-12f;
      even = even * s - 1.064088018e-08f;
      even = even * s - 8.504703146e-07f;
      even = even * s + 1.528657049e-05f;
      even = even * s + 1.392636448e-03f;
      even = even * s + 2.493416891e-02f;
      u[i] = t * (odd * t + even);
    }
  }

  /** {@code u = exp(x²/64) − 1}, the 32nd root of 1 ⁄ √(2π)φ(x), less 1. */
  private static void densityRoot(float[] x, float[] u, int n) {
    for (int i = 0; i < n; i++) {
      float t = Math.min(Math.abs(x[i]), FAR);
      float s = t * t;
      float q = 3.893266325e-14f;
      q = q * s + 5.974232827e-12f;
      q = q * s + 2.555358591e-09f;
      q = q * s + 6.344372991e-07f;
      q = q * s + 1.220812992e-04f;
      q = q * s + 1.562497113e-02f;
      u[i] = s * q;
    }
  }

  /** {@code (1 + u)³²}. */
  private static float power32(float u) {
    u *= 2 + u;
    u *= 2 + u;
    float w = 1 + u;
    w *= w;
    w *= w;
    return w * w;
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
