// Multi-head attention in fp32 for heads of any size: plain kernels over a P that lies in memory.
//
//   P = softmax(scale · Q Kᵀ, −1e9 where masked);  out = dropout(P) V
//   dP = dropout′(dout Vᵀ);  dS = scale · P ⊙ (dP − Σ dP⊙P), 0 where masked
//   dQ = dS K;  dK = dSᵀ Q;  dV = dropout(P)ᵀ dout
//
// Serves heads of more than 128 dimensions, which no released model has: correct, not fast.
// Every kernel: one block of 128 threads for each row, in the order [batch, heads, rows].
#include "attention.cuh"
#include "reduce.cuh"

#define THREADS 128

// Dot product of two vectors, by one warp.
__device__ __forceinline__ float warp_dot(const float* x, const float* y, int n) {
  float sum = 0.f;
  for (int d = threadIdx.x & 31; d < n; d += 32) sum = fmaf(x[d], y[d], sum);
  return warp_sum(sum);
}

// p [batch, heads, queries, keys]. A block for each row of P.
extern "C" __global__ void __launch_bounds__(THREADS) attention_wide_probabilities(
    const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ keyMask,
    const float* __restrict__ queryMask, float* __restrict__ p, int heads, int queries, int keys,
    int headDim, float scale) {
  __shared__ float scratch[32];
  const AttentionHead head(queries, heads, headDim);
  const int i = head.tile;
  const float* query = q + head.first(queries) + (long long)i * head.width;
  const float* key = k + head.first(keys);
  const float queryBias = mask_bias(queryMask, head.sequence, i, queries);
  float* row = p + ((long long)head.pair * queries + i) * keys;

  float largest = -INFINITY;
  for (int j = threadIdx.x >> 5; j < keys; j += THREADS / 32) {
    float s = scale * warp_dot(query, key + (long long)j * head.width, headDim);
    s = masked_score(s, fminf(queryBias, mask_bias(keyMask, head.sequence, j, keys)));
    largest = fmaxf(largest, s);
    if ((threadIdx.x & 31) == 0) row[j] = s;
  }
  largest = block_max(largest, scratch);
  float sum = 0.f;
  for (int j = threadIdx.x; j < keys; j += THREADS) {
    float e = expf(row[j] - largest);
    row[j] = e;
    sum += e;
  }
  float inverse = 1.f / block_sum(sum, scratch);
  for (int j = threadIdx.x; j < keys; j += THREADS) row[j] *= inverse;
}

// ds [batch, heads, queries, keys]. A block for each row.
extern "C" __global__ void __launch_bounds__(THREADS) attention_wide_dscores(
    const float* __restrict__ v, const float* __restrict__ keyMask, const float* __restrict__ queryMask,
    u32 threshold, float kept, u64 seed, u64 stream, const u64* __restrict__ base,
    const float* __restrict__ p, const float* __restrict__ dout, float* __restrict__ ds, int heads,
    int queries, int keys, int headDim, float scale) {
  __shared__ float scratch[32];
  const AttentionHead head(queries, heads, headDim);
  const AttentionDropout dropout(threshold, kept, seed, stream, base);
  const int i = head.tile;
  const float* dquery = dout + head.first(queries) + (long long)i * head.width;
  const float* value = v + head.first(keys);
  const bool queryMasked = mask_bias(queryMask, head.sequence, i, queries) != 0.f;
  const long long first = ((long long)head.pair * queries + i) * keys;

  float sum = 0.f;
  for (int j = threadIdx.x >> 5; j < keys; j += THREADS / 32) {
    float dp = warp_dot(dquery, value + (long long)j * head.width, headDim) * dropout.at(first + j);
    if ((threadIdx.x & 31) == 0) {
      ds[first + j] = dp;
      sum = fmaf(dp, p[first + j], sum);
    }
  }
  sum = block_sum(sum, scratch);
  for (int j = threadIdx.x; j < keys; j += THREADS) {
    bool masked = queryMasked || mask_bias(keyMask, head.sequence, j, keys) != 0.f;
    ds[first + j] = masked ? 0.f : scale * p[first + j] * (ds[first + j] - sum);
  }
}

// y[i] = Σ_j dropout(w)[i, j] x[j] of each head, or with i and j exchanged in w where `transposed`.
// w [batch, heads, queries, keys]; a block for each row of y, which are queries, or keys if transposed.
extern "C" __global__ void __launch_bounds__(THREADS) attention_wide_weighted(
    const float* __restrict__ w, u32 threshold, float kept, u64 seed, u64 stream,
    const u64* __restrict__ base, const float* __restrict__ x, float* __restrict__ y, int heads,
    int queries, int keys, int headDim, int transposed) {
  __shared__ float weights[THREADS];
  const int rows = transposed ? keys : queries, others = transposed ? queries : keys;
  const AttentionHead head(rows, heads, headDim);
  const AttentionDropout dropout(threshold, kept, seed, stream, base);
  const long long first = (long long)head.pair * queries * keys;
  float* to = y + head.first(rows) + (long long)head.tile * head.width;
  x += head.first(others);
  for (int d = threadIdx.x; d - (int)threadIdx.x < headDim; d += THREADS) {
    float sum = 0.f;
    for (int start = 0; start < others; start += THREADS) {
      int n = min(THREADS, others - start), j = start + threadIdx.x;
      __syncthreads();
      if (j < others) {
        long long at = first + (transposed ? (long long)j * keys + head.tile
                                           : (long long)head.tile * keys + j);
        weights[threadIdx.x] = w[at] * dropout.at(at);
      }
      __syncthreads();
      if (d >= headDim) continue;
      for (int t = 0; t < n; t++) sum = fmaf(weights[t], x[(long long)(start + t) * head.width + d], sum);
    }
    if (d < headDim) to[d] = sum;
  }
}

KERNEL(attention_wide_probabilities)
KERNEL(attention_wide_dscores)
KERNEL(attention_wide_weighted)
