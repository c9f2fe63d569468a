// Gradients of layer normalization (layer_norm.cu).
//
//   layer_norm_grad           with x̂ = (x − mean)·invStd and g = gamma ⊙ dy:
//                             dx = invStd (g − mean g − x̂ mean(g⊙x̂))
//                             dgamma = Σ_rows dy⊙x̂, dbeta = Σ_rows dy
//   residual_layer_norm_grad  dresidual = that dx, dx = dropout′(dresidual)
//
// _v2, _v6, _v8: a warp a row, 2, 6 or 8 float4 a lane: cols a multiple of 4, at most 256, 768, 1024. Any
//   number of blocks of 256 threads, each of which writes its sums for dgamma and dbeta, taken on the
//   way, to partial [blocks, 2, cols].
// _long: a block of any size a row, any cols; dx alone. layer_norm_columns gives the partial sums.
// layer_norm_finish adds the partial sums, in a fixed order.
#include "rows.cuh"

// ----------------------------------------------------------------------------------- row in registers

// Adds the warps' sums of one kind in shared memory, warp by warp, and writes them.
template <int K>
__device__ __forceinline__ void write_partial(const Vec<4>* own, float* shared, float* partial, int cols) {
  int warp = threadIdx.x >> 5, warps = blockDim.x >> 5;
  for (int w = 0; w < warps; w++) {
    __syncthreads();
    if (w != warp) continue;
#pragma unroll
    for (int k = 0; k < K; k++) {
      int c = RowPart<Lanes<32>, K, 4>::column(k);
      if (c >= cols) continue;
#pragma unroll
      for (int j = 0; j < 4; j++) shared[c + j] = w == 0 ? own[k].at[j] : shared[c + j] + own[k].at[j];
    }
  }
  __syncthreads();
  for (int c = threadIdx.x; c < cols; c += blockDim.x) partial[c] = shared[c];
}

template <int K, bool RESIDUAL>
__device__ __forceinline__ void layer_norm_grad_rows(u32 threshold, float scale, u64 seed, u64 stream,
                                                     const u64* base, const float* x, const float* gamma,
                                                     const float* mean, const float* inv_std,
                                                     const float* dy, float* dx, float* dresidual,
                                                     float* partial, int rows, int cols) {
  using Part = RowPart<Lanes<32>, K, 4>;
  __shared__ float shared[K * 128];
  Vec<4> gammas[K], betas[K];  // this lane's share of dgamma and dbeta
#pragma unroll
  for (int k = 0; k < K; k++) gammas[k].fill(0.f), betas[k].fill(0.f);
  u64 drawn = RESIDUAL && threshold ? stream + *base : 0;
  int all_warps = (int)(grid_threads() >> 5);
  for (int r = Lanes<32>::row(); r < rows; r += all_warps) {
    long long at = (long long)r * cols;
    Part hat, g;
    hat.load(x + at, cols, true, 0.f);
    g.load(dy + at, cols, true, 0.f);
    float center = mean[r], factor = inv_std[r], sum = 0, dot = 0;
#pragma unroll
    for (int k = 0; k < K; k++) {
      int c = Part::column(k);
      if (c >= cols) continue;
      Vec<4> scales;
      scales.load(gamma + c);
#pragma unroll
      for (int j = 0; j < 4; j++) {
        float h = hat.v[k].at[j] = (hat.v[k].at[j] - center) * factor;
        float d = g.v[k].at[j];
        gammas[k].at[j] += d * h;
        betas[k].at[j] += d;
        d = g.v[k].at[j] = d * scales.at[j];
        sum += d;
        dot += d * h;
      }
    }
    float mean_g = warp_sum(sum) / cols, mean_dot = warp_sum(dot) / cols;
    g.each([&](float& e, int k, int j) { e = factor * (e - mean_g - hat.v[k].at[j] * mean_dot); });
    if constexpr (RESIDUAL) {
      g.store(dresidual + at, cols, true);
      if (threshold) {
#pragma unroll
        for (int k = 0; k < K; k++) drop<4>(g.v[k], at + g.column(k), threshold, scale, seed, drawn);
      }
    }
    g.store(dx + at, cols, true);
  }
  partial += 2ll * blockIdx.x * cols;
  write_partial<K>(gammas, shared, partial, cols);
  write_partial<K>(betas, shared, partial + cols, cols);
}

#define IN_REGISTERS(suffix, k)                                                                          \
  extern "C" __global__ void __launch_bounds__(256) layer_norm_grad_##suffix(                            \
      const float* x, const float* gamma, const float* mean, const float* inv_std, const float* dy,      \
      float* dx, float* partial, int rows, int cols) {                                                   \
    layer_norm_grad_rows<k, false>(0, 1.f, 0, 0, nullptr, x, gamma, mean, inv_std, dy, dx, nullptr,      \
                                   partial, rows, cols);                                                 \
  }                                                                                                      \
  KERNEL(layer_norm_grad_##suffix)                                                                       \
  extern "C" __global__ void __launch_bounds__(256) residual_layer_norm_grad_##suffix(                   \
      u32 threshold, float scale, u64 seed, u64 stream, const u64* base, const float* sum,               \
      const float* gamma, const float* mean, const float* inv_std, const float* dy, float* dx,           \
      float* dresidual, float* partial, int rows, int cols) {                                            \
    layer_norm_grad_rows<k, true>(threshold, scale, seed, stream, base, sum, gamma, mean, inv_std, dy,   \
                                  dx, dresidual, partial, rows, cols);                                   \
  }                                                                                                      \
  KERNEL(residual_layer_norm_grad_##suffix)

IN_REGISTERS(v2, 2)
IN_REGISTERS(v6, 6)
IN_REGISTERS(v8, 8)

// ------------------------------------------------------------------------------------------- any row

// dx to `dresidual`, and to `dx` what dropout lets through; dresidual is null for plain layer norm.
__device__ __forceinline__ void grad_long(u32 threshold, float scale, u64 seed, u64 stream,
                                          const float* x, const float* gamma, const float* mean,
                                          const float* inv_std, const float* dy, float* dx,
                                          float* dresidual, int cols) {
  long long at = (long long)blockIdx.x * cols;
  float center = mean[blockIdx.x], factor = inv_std[blockIdx.x], sum = 0, dot = 0;
  for (int c = threadIdx.x; c < cols; c += blockDim.x) {
    float g = gamma[c] * dy[at + c];
    sum += g;
    dot += g * ((x[at + c] - center) * factor);
  }
  float mean_g = Block::sum(sum) / cols, mean_dot = Block::sum(dot) / cols;
  for (int c = threadIdx.x; c < cols; c += blockDim.x) {
    float hat = (x[at + c] - center) * factor;
    Vec<1> d;
    d.at[0] = factor * (gamma[c] * dy[at + c] - mean_g - hat * mean_dot);
    if (dresidual) d.store(dresidual + at + c);
    drop<1>(d, at + c, threshold, scale, seed, stream);
    d.store(dx + at + c);
  }
}

extern "C" __global__ void layer_norm_grad_long(const float* x, const float* gamma, const float* mean,
                                                const float* inv_std, const float* dy, float* dx,
                                                int rows, int cols) {
  grad_long(0, 1.f, 0, 0, x, gamma, mean, inv_std, dy, dx, nullptr, cols);
}
KERNEL(layer_norm_grad_long)

extern "C" __global__ void residual_layer_norm_grad_long(u32 threshold, float scale, u64 seed,
                                                         u64 stream, const u64* base, const float* sum,
                                                         const float* gamma, const float* mean,
                                                         const float* inv_std, const float* dy,
                                                         float* dx, float* dresidual, int rows,
                                                         int cols) {
  grad_long(threshold, scale, seed, threshold ? stream + *base : 0, sum, gamma, mean, inv_std, dy, dx,
            dresidual, cols);
}
KERNEL(residual_layer_norm_grad_long)

// ------------------------------------------------------------------------------- sums over the rows

// Sums of dy⊙x̂ and dy over every gridDim.y-th eight rows, to partial [gridDim.y, 2, cols]. Blocks of 256
// threads, 32 columns × 8 rows; grid (⌈cols / 32⌉, any).
extern "C" __global__ void layer_norm_columns(const float* x, const float* mean, const float* inv_std,
                                              const float* dy, float* partial, int rows, int cols) {
  __shared__ float gammas[8][33], betas[8][33];
  int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, c = blockIdx.x * 32 + lane;
  float gamma = 0, beta = 0;
  if (c < cols) {
    for (int r = blockIdx.y * 8 + warp; r < rows; r += gridDim.y * 8) {
      float d = dy[(long long)r * cols + c];
      gamma += d * ((x[(long long)r * cols + c] - mean[r]) * inv_std[r]);
      beta += d;
    }
  }
  gammas[warp][lane] = gamma;
  betas[warp][lane] = beta;
  __syncthreads();
  if (warp < 2 && c < cols) {
    float sum = 0;
    for (int w = 0; w < 8; w++) sum += warp == 0 ? gammas[w][lane] : betas[w][lane];
    partial[(2ll * blockIdx.y + warp) * cols + c] = sum;
  }
}
KERNEL(layer_norm_columns)

// dgamma and dbeta from partial [partials, 2, cols]: blocks of 1024 threads, 32 sums × 32 partials; grid
// ⌈2 cols / 32⌉.
extern "C" __global__ void layer_norm_finish(const float* partial, float* dgamma, float* dbeta,
                                             int partials, int cols) {
  __shared__ float sums[32][33];
  int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, c = blockIdx.x * 32 + lane;
  float sum = 0;
  if (c < 2 * cols) {
    for (int p = warp; p < partials; p += 32) sum += partial[2ll * p * cols + c];
  }
  sums[warp][lane] = sum;
  __syncthreads();
  sum = warp_sum(sums[lane][warp]);  // the warp takes one column
  c = blockIdx.x * 32 + warp;
  if (lane == 0 && c < 2 * cols) (c < cols ? dgamma + c : dbeta + (c - cols))[0] = sum;
}
KERNEL(layer_norm_finish)
