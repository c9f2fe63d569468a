// Pointwise functions.
//
//   unary             y = f(x)
//   unary_grad        dx = f′(x) ⊙ dy
//   binary            y = f(a, b); y may be a or b
//   binary_broadcast  y[i…] = f(a[i…], b[i…]), each operand with a stride per axis
//   affine            y = scale · x + shift; y may be x
//   fill              y = value
//
// Any grid; one thread per four elements is best.
#include "flat.cuh"
#include "unary.cuh"

extern "C" __global__ void unary(int f, const float* x, float* y, int n) {
  with_unary(f, [=](auto function) {
    flat_map([](float v) { return apply<decltype(function)::value>(v); }, x, y, n);
  });
}

extern "C" __global__ void unary_grad(int f, const float* x, const float* y, const float* dy,
                                      float* dx, int n) {
  with_unary(f, [=](auto function) {
    constexpr int F = decltype(function)::value;
    // Every derivative needs only one of x and y: the other is not read.
    flat_map([](float v, float d) { return derivative<F>(v, v) * d; },
             DERIVATIVE_BY_Y<F> ? y : x, dy, dx, n);
  });
}

// ------------------------------------------------------------------------- functions of two numbers

// Numbered like dev.mmib.backend.kernel.ElementwiseKernels.Binary.
enum Binary { ADD, SUB, MUL, DIV };

template <int F>
struct BinaryFunction {
  __device__ float operator()(float a, float b) const {
    if constexpr (F == ADD) return a + b;
    if constexpr (F == SUB) return a - b;
    if constexpr (F == MUL) return a * b;
    if constexpr (F == DIV) return a / b;
  }
};

template <class Body>
__device__ __forceinline__ void with_binary(int f, Body body) {
  switch (f) {
    case ADD: body(BinaryFunction<ADD>()); break;
    case SUB: body(BinaryFunction<SUB>()); break;
    case MUL: body(BinaryFunction<MUL>()); break;
    case DIV: body(BinaryFunction<DIV>()); break;
  }
}

extern "C" __global__ void binary(int f, const float* a, const float* b, float* y, int n) {
  with_binary(f, [=](auto function) { flat_map(function, a, b, y, n); });
}

// One axis of a broadcast is peeled off: `at` becomes the number within the axes further out.
__device__ __forceinline__ void peel(u32& at, int extent, int aStride, int bStride, long long& a,
                                     long long& b) {
  u32 outer = at / (u32)extent;
  int i = (int)(at - outer * (u32)extent);
  a += (long long)i * aStride;
  b += (long long)i * bStride;
  at = outer;
}

// Axis 0 is the innermost one; axes from `rank` on are not looked at. With `fours` = 1 a thread makes
// four neighbours at a time: then d0 is a multiple of 4, the innermost strides are 0 or 1, and where
// one is 1 the operand's other strides are multiples of 4.
extern "C" __global__ void binary_broadcast(int f, int fours, const float* a, const float* b, float* y,
                                            int n, int rank,                                   //
                                            int d0, int d1, int d2, int d3, int d4, int d5, int d6,
                                            int d7,                                            //
                                            int a0, int a1, int a2, int a3, int a4, int a5, int a6,
                                            int a7,                                            //
                                            int b0, int b1, int b2, int b3, int b4, int b5, int b6,
                                            int b7) {
  auto offsets = [=](u32 at, long long& aAt, long long& bAt) {
    aAt = bAt = 0;
    peel(at, d0, a0, b0, aAt, bAt);
    if (rank > 1) peel(at, d1, a1, b1, aAt, bAt);
    if (rank > 2) peel(at, d2, a2, b2, aAt, bAt);
    if (rank > 3) peel(at, d3, a3, b3, aAt, bAt);
    if (rank > 4) peel(at, d4, a4, b4, aAt, bAt);
    if (rank > 5) peel(at, d5, a5, b5, aAt, bAt);
    if (rank > 6) peel(at, d6, a6, b6, aAt, bAt);
    if (rank > 7) peel(at, d7, a7, b7, aAt, bAt);
  };
  with_binary(f, [=](auto function) {
    long long aAt, bAt;
    if (fours) {
      for (long long i = 4 * grid_thread(); i < n; i += 4 * grid_threads()) {
        offsets((u32)i, aAt, bAt);
        float4 left = a0 ? load4(a, aAt) : splat4(a[aAt]);
        float4 right = b0 ? load4(b, bAt) : splat4(b[bAt]);
        store4(y, i, map4(function, left, right));
      }
    } else {
      for (long long i = grid_thread(); i < n; i += grid_threads()) {
        offsets((u32)i, aAt, bAt);
        y[i] = function(a[aAt], b[bAt]);
      }
    }
  });
}

// ------------------------------------------------------------------------------------ affine and fill

extern "C" __global__ void affine(const float* x, float scale, float shift, float* y, int n) {
  flat_map([=](float v) { return fmaf(scale, v, shift); }, x, y, n);
}

extern "C" __global__ void fill(float* y, float value, int n) {
  for (long long i = 4 * grid_thread(); i + 4 <= n; i += 4 * grid_threads()) {
    store4(y, i, splat4(value));
  }
  long long rest = n / 4 * 4LL + grid_thread();
  if (rest < n) y[rest] = value;
}

KERNEL(unary)
KERNEL(unary_grad)
KERNEL(binary)
KERNEL(binary_broadcast)
KERNEL(affine)
KERNEL(fill)
