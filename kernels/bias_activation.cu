// An activation of x plus a bias per column.
//
//   bias_unary       y[r, c] = f(x[r, c] + bias[c])
//   bias_unary_grad  dx = f′(x + bias) ⊙ dy, and dbias[c] = Σ_r dx[r, c] in two stages: the blocks of
//                    a column leave one sum each, which sum_columns of reduction.cu adds up
//
// `fours` = 1: cols is a multiple of 4 and threads work on four neighbours.
#include "columns.cuh"
#include "unary.cuh"

extern "C" __global__ void bias_unary(int f, int fours, const float* x, const float* bias, float* y,
                                      int rows, int cols) {
  with_unary(f, [=](auto function) {
    auto biased = [](float v, float b) { return apply<decltype(function)::value>(v + b); };
    long long n = (long long)rows * cols;
    if (fours) {
      for (long long i = 4 * grid_thread(); i < n; i += 4 * grid_threads()) {
        store4(y, i, map4(biased, load4(x, i), load4(bias, (u32)i % (u32)cols)));
      }
    } else {
      for (long long i = grid_thread(); i < n; i += grid_threads()) {
        y[i] = biased(x[i], bias[(u32)i % (u32)cols]);
      }
    }
  });
}

template <int F>
__device__ __forceinline__ float biased_gradient(float x, float bias, float dy) {
  float v = x + bias;
  return derivative<F>(v, DERIVATIVE_BY_Y<F> ? apply<F>(v) : v) * dy;
}

template <int F>
__device__ __forceinline__ float4 biased_gradient(float4 x, float4 bias, float4 dy) {
  return make_float4(
      biased_gradient<F>(x.x, bias.x, dy.x), biased_gradient<F>(x.y, bias.y, dy.y),
      biased_gradient<F>(x.z, bias.z, dy.z), biased_gradient<F>(x.w, bias.w, dy.w));
}

template <int F, class V>
__device__ __forceinline__ void bias_gradient_tile(const V* __restrict__ x,
                                                   const V* __restrict__ bias,
                                                   const V* __restrict__ dy, V* __restrict__ dx,
                                                   V* sums, int rows, int units, int width,
                                                   V* shared) {
  BlockCell cell(width);
  int unit = (int)blockIdx.x * width + cell.col;
  bool inside = !cell.idle() && unit < units;
  int per = (rows + (int)gridDim.y - 1) / (int)gridDim.y;
  int begin = (int)blockIdx.y * per, end = min(rows, begin + per);
  V sum = zero<V>();
  if (inside) {
    V b = bias[unit];
#pragma unroll 2
    for (int r = begin + cell.row; r < end; r += cell.height) {
      long long at = (long long)r * units + unit;
      V d = biased_gradient<F>(x[at], b, dy[at]);
      dx[at] = d;
      sum = plus(sum, d);
    }
  }
  sum = fold_rows(sum, cell, shared);
  if (inside && cell.row == 0) sums[(long long)blockIdx.y * units + unit] = sum;
}

// Block (x, y) takes columns of tile x and the y-th share of the rows; sums is [gridDim.y, cols].
// Shared: 16 bytes per thread with fours, otherwise 4.
extern "C" __global__ void bias_unary_grad(int f, int fours, const float* x, const float* bias,
                                           const float* dy, float* dx, float* sums, int rows, int cols,
                                           int width) {
  DYN_SHARED(float4, shared);
  with_unary(f, [=](auto function) {
    constexpr int F = decltype(function)::value;
    if (fours) {
      bias_gradient_tile<F>((const float4*)x, (const float4*)bias, (const float4*)dy, (float4*)dx,
                            (float4*)sums, rows, cols / 4, width, shared);
    } else {
      bias_gradient_tile<F>(x, bias, dy, dx, sums, rows, cols, width, (float*)shared);
    }
  });
}

KERNEL(bias_unary)
KERNEL(bias_unary_grad)
