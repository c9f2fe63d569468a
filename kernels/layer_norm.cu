// Layer normalization along rows, and the end of a transformer's sublayer (residual, dropout, layer norm)
// in one pass. Gradients: layer_norm_grad.cu.
//
//   layer_norm           y = (x − mean)·invStd ⊙ gamma + beta, invStd = 1/√(var + eps)
//   residual_layer_norm  the same of sum = residual + dropout(x)
//
// The mean is taken twice: `rest` is the mean of what is left after subtracting the first, `rough` one, so
// that a mean that is large against the deviation costs no digits.
//
// _v2, _v6, _v8: a warp a row, 2, 6 or 8 float4 a lane: cols a multiple of 4, at most 256, 768, 1024;
//   ⌈rows / warps a block⌉ blocks.
// _long: a block of any size a row, any cols.
#include "rows.cuh"

// The biased variance of n values from the sum of their squares and the mean of them, both after the rough
// mean was subtracted; rounding must not make it negative.
__device__ __forceinline__ float variance_of(float squares, float rest, int n) {
  float variance = squares / n - rest * rest;
  return variance < 0 ? 0.f : variance;  // NaN stays NaN
}

// ----------------------------------------------------------------------------------- row in registers

template <int K>
__device__ __forceinline__ void normalize(RowPart<Lanes<32>, K, 4>& v, long long at, int r, bool valid,
                                          const float* gamma, const float* beta, float eps, float* y,
                                          float* mean, float* inv_std, int cols) {
  using Part = RowPart<Lanes<32>, K, 4>;
  float sum = 0, rest = 0, squares = 0;
  v.each([&](float& e, int, int) { sum += e; });
  float rough = warp_sum(sum) / cols;
#pragma unroll
  for (int k = 0; k < K; k++) {
    if (Part::column(k) < cols) {
#pragma unroll
      for (int j = 0; j < 4; j++) {
        float d = v.v[k].at[j] -= rough;
        rest += d;
        squares += d * d;
      }
    }
  }
  rest = warp_sum(rest) / cols;
  float factor = 1.f / sqrtf(variance_of(warp_sum(squares), rest, cols) + eps);
  if (!valid) return;
  if (Lanes<32>::rank() == 0) {
    mean[r] = rough + rest;
    inv_std[r] = factor;
  }
#pragma unroll
  for (int k = 0; k < K; k++) {
    int c = Part::column(k);
    if (c >= cols) continue;
    Vec<4> scales, shifts;
    scales.load(gamma + c);
    shifts.load(beta + c);
#pragma unroll
    for (int j = 0; j < 4; j++) {
      v.v[k].at[j] = (v.v[k].at[j] - rest) * factor * scales.at[j] + shifts.at[j];
    }
    v.v[k].store(y + at + c);
  }
}

template <int K>
__device__ __forceinline__ void layer_norm_rows(const float* x, const float* gamma, const float* beta,
                                                float eps, float* y, float* mean, float* inv_std,
                                                int rows, int cols) {
  int r = Lanes<32>::row();
  long long at = (long long)r * cols;
  RowPart<Lanes<32>, K, 4> v;
  v.load(x + at, cols, r < rows, 0.f);
  normalize<K>(v, at, r, r < rows, gamma, beta, eps, y, mean, inv_std, cols);
}

template <int K>
__device__ __forceinline__ void residual_layer_norm_rows(
    u32 threshold, float scale, u64 seed, u64 stream, const u64* base, const float* x,
    const float* residual, const float* gamma, const float* beta, float eps, float* sum, float* y,
    float* mean, float* inv_std, int rows, int cols) {
  int r = Lanes<32>::row();
  bool valid = r < rows;
  long long at = (long long)r * cols;
  RowPart<Lanes<32>, K, 4> v, other;
  v.load(x + at, cols, valid, 0.f);
  other.load(residual + at, cols, valid, 0.f);
  if (threshold) {
    u64 drawn = stream + *base;
#pragma unroll
    for (int k = 0; k < K; k++) drop<4>(v.v[k], at + v.column(k), threshold, scale, seed, drawn);
  }
  v.each([&](float& e, int k, int j) { e += other.v[k].at[j]; });
  v.store(sum + at, cols, valid);
  normalize<K>(v, at, r, valid, gamma, beta, eps, y, mean, inv_std, cols);
}

#define IN_REGISTERS(suffix, k)                                                                          \
  extern "C" __global__ void layer_norm_##suffix(const float* x, const float* gamma, const float* beta,  \
                                                 float eps, float* y, float* mean, float* inv_std,       \
                                                 int rows, int cols) {                                   \
    layer_norm_rows<k>(x, gamma, beta, eps, y, mean, inv_std, rows, cols);                               \
  }                                                                                                      \
  KERNEL(layer_norm_##suffix)                                                                            \
  extern "C" __global__ void __launch_bounds__(256) residual_layer_norm_##suffix(                        \
      u32 threshold, float scale, u64 seed, u64 stream, const u64* base, const float* x,                 \
      const float* residual, const float* gamma, const float* beta, float eps, float* sum, float* y,     \
      float* mean, float* inv_std, int rows, int cols) {                                                 \
    residual_layer_norm_rows<k>(threshold, scale, seed, stream, base, x, residual, gamma, beta, eps,     \
                                sum, y, mean, inv_std, rows, cols);                                      \
  }                                                                                                      \
  KERNEL(residual_layer_norm_##suffix)

IN_REGISTERS(v2, 2)
IN_REGISTERS(v6, 6)
IN_REGISTERS(v8, 8)

// ------------------------------------------------------------------------------------------- any row

__device__ __forceinline__ void normalize_long(const float* x, const float* gamma, const float* beta,
                                               float eps, float* y, float* mean, float* inv_std,
                                               int cols) {
  float sum = 0, rest = 0, squares = 0;
  for (int c = threadIdx.x; c < cols; c += blockDim.x) sum += x[c];
  float rough = Block::sum(sum) / cols;
  for (int c = threadIdx.x; c < cols; c += blockDim.x) {
    float d = x[c] - rough;
    rest += d;
    squares += d * d;
  }
  rest = Block::sum(rest) / cols;
  float factor = 1.f / sqrtf(variance_of(Block::sum(squares), rest, cols) + eps);
  for (int c = threadIdx.x; c < cols; c += blockDim.x) {
    y[c] = (x[c] - rough - rest) * factor * gamma[c] + beta[c];
  }
  if (threadIdx.x == 0) {
    mean[blockIdx.x] = rough + rest;
    inv_std[blockIdx.x] = factor;
  }
}

extern "C" __global__ void layer_norm_long(const float* x, const float* gamma, const float* beta,
                                           float eps, float* y, float* mean, float* inv_std, int rows,
                                           int cols) {
  long long at = (long long)blockIdx.x * cols;
  normalize_long(x + at, gamma, beta, eps, y + at, mean, inv_std, cols);
}
KERNEL(layer_norm_long)

extern "C" __global__ void residual_layer_norm_long(u32 threshold, float scale, u64 seed, u64 stream,
                                                    const u64* base, const float* x,
                                                    const float* residual, const float* gamma,
                                                    const float* beta, float eps, float* sum, float* y,
                                                    float* mean, float* inv_std, int rows, int cols) {
  long long at = (long long)blockIdx.x * cols;
  u64 drawn = threshold ? stream + *base : 0;
  for (int c = threadIdx.x; c < cols; c += blockDim.x) {
    Vec<1> v;
    v.load(x + at + c);
    drop<1>(v, at + c, threshold, scale, seed, drawn);
    sum[at + c] = residual[at + c] + v.at[0];
  }
  normalize_long(sum + at, gamma, beta, eps, y + at, mean, inv_std, cols);
}
KERNEL(residual_layer_norm_long)
