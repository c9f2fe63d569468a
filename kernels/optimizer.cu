// Updating parameters: AdamW (Loshchilov and Hutter 2019), as torch computes it, and sums of squares,
// of many tensors in one launch.
//
//   g = factor · g                                   every gradient is scaled first
//   p = (1 − rate · decay) · p    (AdamW)     or     g = g + decay · p    (Adam)
//   m = β₁ m + (1 − β₁) g         v = β₂ v + (1 − β₂) g²
//   p = p − rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
//
// Which tensors and with which numbers stands in a table in device memory, one row per tensor, not in
// kernel parameters: the launch is the same in every step, so a graph may replay it. A block has one
// chunk of `chunk` elements (a multiple of 4); chunks are numbered through all tensors.
#include "reduce.cuh"

namespace {

struct AdamRow {
  u64 parameter, gradient, m, v;  // addresses
  int length, first;              // elements, number of the first chunk
  float factor;                   // of the gradient
  float shrink;                   // 1 − rate · decay of AdamW, else 1
  float decay;                    // of Adam, else 0
  float beta1, rest1;             // β₁, 1 − β₁
  float beta2, rest2;
  float eps;
  float size;  // rate / (1 − β₁ᵗ)
  float root;  // 1 / √(1 − β₂ᵗ)
};
static_assert(sizeof(AdamRow) == 80, "CudaOptimizerKernels writes rows of 20 words");

struct SquaresRow {
  u64 x;
  int length, first;
};
static_assert(sizeof(SquaresRow) == 16, "CudaOptimizerKernels writes rows of 4 words");

// The row whose chunk this block has: the last one that does not begin after it.
template <class Row>
__device__ __forceinline__ const Row& row_of_block(const Row* rows, int tensors) {
  int low = 0, high = tensors - 1;
  while (low < high) {
    int middle = low + (high - low + 1) / 2;
    if (rows[middle].first <= (int)blockIdx.x) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return rows[low];
}

__device__ __forceinline__ float* floats(u64 address, long long at) {
  return (float*)(uintptr_t)address + at;
}

__device__ __forceinline__ void adam_step(const AdamRow& s, float& p, float g, float& m, float& v) {
  g *= s.factor;
  p *= s.shrink;
  if (s.decay != 0.f) g += s.decay * p;
  m = s.beta1 * m + s.rest1 * g;
  v = s.beta2 * v + s.rest2 * g * g;
  p -= s.size * m / (sqrtf(v) * s.root + s.eps);
}

__device__ __forceinline__ double square(float x) { return (double)x * x; }

}  // namespace

// Updates parameter, m and v of every AdamRow. Grid: all chunks, block 256.
extern "C" __global__ void __launch_bounds__(256)
    optimizer_adam(const int* table, int tensors, int chunk) {
  const AdamRow s = row_of_block((const AdamRow*)table, tensors);
  long long at = (long long)((int)blockIdx.x - s.first) * chunk;
  int length = (int)min((long long)chunk, s.length - at), quads = length / 4;
  float *p = floats(s.parameter, at), *m = floats(s.m, at), *v = floats(s.v, at);
  const float* g = floats(s.gradient, at);
  for (int n = threadIdx.x; n < quads; n += blockDim.x) {
    float4 pn = ((const float4*)p)[n], gn = ((const float4*)g)[n];
    float4 mn = ((const float4*)m)[n], vn = ((const float4*)v)[n];
    adam_step(s, pn.x, gn.x, mn.x, vn.x);
    adam_step(s, pn.y, gn.y, mn.y, vn.y);
    adam_step(s, pn.z, gn.z, mn.z, vn.z);
    adam_step(s, pn.w, gn.w, mn.w, vn.w);
    ((float4*)p)[n] = pn;
    ((float4*)m)[n] = mn;
    ((float4*)v)[n] = vn;
  }
  for (int n = 4 * quads + threadIdx.x; n < length; n += blockDim.x) {
    adam_step(s, p[n], g[n], m[n], v[n]);
  }
}

// sums[chunk] = Σ x² in double, over every SquaresRow. Grid: all chunks, block 256.
extern "C" __global__ void __launch_bounds__(256)
    optimizer_squares(const int* table, double* sums, int tensors, int chunk) {
  __shared__ double scratch[32];
  const SquaresRow row = row_of_block((const SquaresRow*)table, tensors);
  long long at = (long long)((int)blockIdx.x - row.first) * chunk;
  int length = (int)min((long long)chunk, row.length - at), quads = length / 4;
  const float* x = floats(row.x, at);
  double sum = 0;
#pragma unroll 4
  for (int n = threadIdx.x; n < quads; n += blockDim.x) {
    float4 xn = ((const float4*)x)[n];
    sum += (square(xn.x) + square(xn.y)) + (square(xn.z) + square(xn.w));
  }
  for (int n = 4 * quads + threadIdx.x; n < length; n += blockDim.x) sum += square(x[n]);
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// total[0] = Σ sums. One block.
extern "C" __global__ void optimizer_total(const double* sums, double* total, int count) {
  __shared__ double scratch[32];
  double sum = 0;
#pragma unroll 4
  for (int n = threadIdx.x; n < count; n += blockDim.x) sum += sums[n];
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) total[0] = sum;
}

KERNEL(optimizer_adam)
KERNEL(optimizer_squares)
KERNEL(optimizer_total)
