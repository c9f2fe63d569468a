// The functions of one number and their derivatives; numbered like the constants of
// dev.mmib.backend.kernel.ElementwiseKernels.Unary.
//
//   apply<F>(x)          f(x)
//   derivative<F>(x, y)  f′(x), where y = f(x)
//
// with_unary(f, body) calls body with the function as a compile-time constant, so that the choice is
// made outside of the loop over elements.
#pragma once

#include "device.cuh"

enum Unary { EXP, LOG, SQRT, TANH, SIGMOID, SOFTPLUS, RELU, GELU, GELU_TANH, ERF };

// Whether derivative<F> looks at y alone; the others look at x alone. tanh and σ would be cheaper by y,
// but 1 − y loses all digits where they saturate.
template <int F>
constexpr bool DERIVATIVE_BY_Y = F == EXP || F == SQRT;

// Divisions of 1 by what is at least 1 go by __fdividef: two units in the last place, a third of the
// instructions, and 0 where the divisor is too large.
__device__ __forceinline__ float sigmoid(float x) { return __fdividef(1.f, 1.f + expf(-x)); }

// σ′ = σ(1 − σ) = e/(1 + e)² with e = exp(−|x|), exact in both tails.
__device__ __forceinline__ float sigmoid_slope(float x) {
  float e = expf(-fabsf(x)), r = __fdividef(1.f, 1.f + e);
  return e * r * r;
}

// ½(1 + tanh u) = σ(2u) with u = √(2/π)(x + 0.044715x³): the sigmoid keeps the left tail exact. From
// |x| = 15 on it is 0 or 1, and the bound keeps x³ finite.
__device__ __forceinline__ float gelu_tanh_gate(float x) {
  float c = fminf(fmaxf(x, -15.f), 15.f);
  return sigmoid(1.5957691216f * c * fmaf(0.044715f * c, c, 1.f));
}

// Φ(x), and bell = exp(−x²/2). The tail Φ(−a) = bell · t·Q(t) with t = 1/(1 + 0.27a) as in Abramowitz and
// Stegun 7.1.26; Q fitted for the smallest relative error (2.4e-8; 4e-7 in float arithmetic) over
// 0 ≤ a ≤ 14.5, beyond which a float holds 0. Half the instructions of normcdff, and the left tail keeps
// its digits, which 1 + erff loses.
__device__ __forceinline__ float gaussian_cdf(float x, float& bell) {
  float a = fminf(fabsf(x), 20.f);
  float exponent = -0.5f * a * a, rest = fmaf(-0.5f * a, a, -exponent);
  bell = expf(exponent);
  bell = fmaf(bell, rest, bell);
  float t = __fdividef(1.f, fmaf(0.27f, a, 1.f));
  float q = 0.028961204f;
  q = fmaf(q, t, -0.12648635f);
  q = fmaf(q, t, 0.16978711f);
  q = fmaf(q, t, -0.069211856f);
  q = fmaf(q, t, 0.107826374f);
  q = fmaf(q, t, 0.0720493f);
  q = fmaf(q, t, 0.101810694f);
  q = fmaf(q, t, 0.107542865f);
  q = fmaf(q, t, 0.10772066f);
  float tail = bell * (q * t);
  return x > 0.f ? 1.f - tail : tail;
}

template <int F>
__device__ __forceinline__ float apply(float x) {
  if constexpr (F == EXP) return expf(x);
  if constexpr (F == LOG) return logf(x);
  if constexpr (F == SQRT) return sqrtf(x);
  if constexpr (F == TANH) return tanhf(x);
  if constexpr (F == SIGMOID) return sigmoid(x);
  if constexpr (F == SOFTPLUS) return fmaxf(x, 0.f) + log1pf(expf(-fabsf(x)));
  if constexpr (F == RELU) return x <= 0.f ? 0.f : x;  // NaN stays NaN
  if constexpr (F == GELU) {
    float bell;
    return x * gaussian_cdf(x, bell);
  }
  if constexpr (F == GELU_TANH) return x * gelu_tanh_gate(x);
  if constexpr (F == ERF) return erff(x);
}

template <int F>
__device__ __forceinline__ float derivative(float x, float y) {
  if constexpr (F == EXP) return y;
  if constexpr (F == LOG) return 1.f / x;
  if constexpr (F == SQRT) return 0.5f / y;
  if constexpr (F == TANH) return 4.f * sigmoid_slope(2.f * x);  // 1 − tanh² x = 4σ′(2x)
  if constexpr (F == SIGMOID) return sigmoid_slope(x);
  if constexpr (F == SOFTPLUS) return sigmoid(x);
  if constexpr (F == RELU) return x > 0.f ? 1.f : 0.f;
  if constexpr (F == GELU) {  // Φ(x) + xφ(x)
    float bell, cdf = gaussian_cdf(x, bell);
    return fmaf(x * 0.3989422804f, bell, cdf);
  }
  if constexpr (F == GELU_TANH) {  // with t = tanh u: ½(1 − t²) = 2σ(1 − σ)
    float c = fminf(fmaxf(x, -15.f), 15.f), gate = gelu_tanh_gate(x);
    float slope = 1.5957691216f * fmaf(3.f * 0.044715f * c, c, 1.f);
    return fmaf(x * slope, gate * (1.f - gate), gate);
  }
  if constexpr (F == ERF) return 1.1283791671f * expf(-x * x);
}

template <int F>
struct UnaryConstant {
  static constexpr int value = F;
};

template <class Body>
__device__ __forceinline__ void with_unary(int f, Body body) {
  switch (f) {
    case EXP: body(UnaryConstant<EXP>()); break;
    case LOG: body(UnaryConstant<LOG>()); break;
    case SQRT: body(UnaryConstant<SQRT>()); break;
    case TANH: body(UnaryConstant<TANH>()); break;
    case SIGMOID: body(UnaryConstant<SIGMOID>()); break;
    case SOFTPLUS: body(UnaryConstant<SOFTPLUS>()); break;
    case RELU: body(UnaryConstant<RELU>()); break;
    case GELU: body(UnaryConstant<GELU>()); break;
    case GELU_TANH: body(UnaryConstant<GELU_TANH>()); break;
    case ERF: body(UnaryConstant<ERF>()); break;
  }
}
