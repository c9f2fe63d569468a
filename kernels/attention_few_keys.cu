// Multi-head attention in fp32 to at most 8 keys, forward and backward, for heads of up to 128 dimensions.
//
//   P = softmax(scale · Q Kᵀ, −1e9 where masked);  out = dropout(P) V
//   dP = dropout′(dout Vᵀ);  dS = scale · P ⊙ (dP − Σ dP⊙P), 0 where masked
//   dQ = dS K;  dK = dSᵀ Q;  dV = dropout(P)ᵀ dout
//
// From a text to a handful of visual slots there is next to nothing to compute: such a call is as fast as Q
// can be read and out be written. LANES lanes of a warp share a query, four dimensions each; K and V of the
// head stay in their registers, and in the backward pass dK and dV as well, so that everything is read
// once. P is computed anew in the backward pass; nothing is saved.
#include "attention.cuh"

__device__ __forceinline__ float dot4(const float4& x, const float4& y) {
  return fmaf(x.x, y.x, fmaf(x.y, y.y, fmaf(x.z, y.z, x.w * y.w)));
}

__device__ __forceinline__ void add4(float4& sum, float w, const float4& x) {
  sum.x = fmaf(w, x.x, sum.x);
  sum.y = fmaf(w, x.y, sum.y);
  sum.z = fmaf(w, x.z, sum.z);
  sum.w = fmaf(w, x.w, sum.w);
}

template <int LANES>
__device__ __forceinline__ float lanes_sum(float x) {
#pragma unroll
  for (int k = LANES / 2; k; k >>= 1) x += __shfl_xor_sync(~0u, x, k);
  return x;
}

// K, V and the key mask of a head, this lane's four dimensions of them.
template <int LANES, int KEYS>
struct FewKeys {
  float4 key[KEYS], value[KEYS];
  float bias[KEYS];
  int d;

  __device__ __forceinline__ FewKeys(const float* k, const float* v, const float* mask, int keys,
                                     const AttentionHead& head) {
    d = threadIdx.x % LANES * 4;
    const long long first = head.first(keys);
#pragma unroll
    for (int j = 0; j < KEYS; j++) {
      key[j] = value[j] = make_float4(0, 0, 0, 0);
      bias[j] = mask_bias(mask, head.sequence, j, keys);
      if (j < keys) {
        key[j] = load_four(k + first + (long long)j * head.width, d, head);
        value[j] = load_four(v + first + (long long)j * head.width, d, head);
      }
    }
  }

  // p = softmax of one query's scores; all lanes get all of it.
  __device__ __forceinline__ void softmax(const float4& query, float scale, float queryBias,
                                          float (&p)[KEYS]) const {
    float largest = -INFINITY, sum = 0.f;
#pragma unroll
    for (int j = 0; j < KEYS; j++) {
      p[j] = masked_score(scale * lanes_sum<LANES>(dot4(query, key[j])), fminf(bias[j], queryBias));
      largest = fmaxf(largest, p[j]);
    }
#pragma unroll
    for (int j = 0; j < KEYS; j++) {
      p[j] = expf(p[j] - largest);
      sum += p[j];
    }
    const float inverse = 1.f / sum;
#pragma unroll
    for (int j = 0; j < KEYS; j++) p[j] *= inverse;
  }
};

// The factors of a row: each lane draws one.
template <int LANES, int KEYS>
__device__ __forceinline__ void row_factors(const AttentionDropout& dropout, u64 first,
                                            float (&factors)[KEYS]) {
  if (dropout.threshold == 0) {
#pragma unroll
    for (int j = 0; j < KEYS; j++) factors[j] = 1.f;
    return;
  }
  float mine = dropout.at(first + threadIdx.x % LANES % KEYS);
#pragma unroll
  for (int j = 0; j < KEYS; j++) factors[j] = __shfl_sync(~0u, mine, j, LANES);
}

// Queries that a group of lanes has under way at once, to keep enough reads in flight.
#define FORWARD_ROWS 4
#define BACKWARD_ROWS 2

template <int LANES, int KEYS>
__device__ __forceinline__ void few_keys_forward(const float* q, const float* k, const float* v,
                                                 const float* keyMask, const float* queryMask,
                                                 const AttentionDropout& dropout, float* out, int heads,
                                                 int queries, int keys, int headDim, float scale,
                                                 int tiles) {
  const AttentionHead head(tiles, heads, headDim);
  const FewKeys<LANES, KEYS> few(k, v, keyMask, keys, head);
  const int groups = blockDim.x / LANES, group = threadIdx.x / LANES;
  q += head.first(queries);
  out += head.first(queries);
  for (int start = head.tile * groups * FORWARD_ROWS; start < queries;
       start += tiles * groups * FORWARD_ROWS) {
    float4 query[FORWARD_ROWS];
#pragma unroll
    for (int u = 0; u < FORWARD_ROWS; u++) {
      const int i = start + u * groups + group;
      query[u] = make_float4(0, 0, 0, 0);
      if (i < queries) query[u] = load_four(q + (long long)i * head.width, few.d, head);
    }
#pragma unroll
    for (int u = 0; u < FORWARD_ROWS; u++) {
      if (start + u * groups >= queries) break;  // the same for the whole block
      const int i = start + u * groups + group;
      const float queryBias = i < queries ? mask_bias(queryMask, head.sequence, i, queries) : 0.f;
      float p[KEYS], factors[KEYS];
      few.softmax(query[u], scale, queryBias, p);
      row_factors<LANES, KEYS>(dropout, ((u64)head.pair * queries + i) * keys, factors);
      float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll
      for (int j = 0; j < KEYS; j++) add4(sum, p[j] * factors[j], few.value[j]);
      if (i < queries) store_four(out + (long long)i * head.width, few.d, sum, head);
    }
  }
}

// Sums x over the groups of the block, and writes it to row j of a head: first over the groups of each warp,
// then over the warps, whose sums lie in `partial`.
template <int LANES, int KEYS>
__device__ __forceinline__ void write_sums(float4 (&x)[KEYS], float4* partial, float* to, int keys,
                                           const AttentionHead& head) {
  const int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
  __syncthreads();  // the sums before have been read
#pragma unroll
  for (int j = 0; j < KEYS; j++) {
#pragma unroll
    for (int k = 16; k >= LANES; k >>= 1) {
      x[j].x += __shfl_xor_sync(~0u, x[j].x, k);
      x[j].y += __shfl_xor_sync(~0u, x[j].y, k);
      x[j].z += __shfl_xor_sync(~0u, x[j].z, k);
      x[j].w += __shfl_xor_sync(~0u, x[j].w, k);
    }
    if (lane < LANES) partial[(warp * KEYS + j) * LANES + lane] = x[j];
  }
  __syncthreads();
  for (int at = threadIdx.x; at < keys * LANES; at += blockDim.x) {
    float4 sum = make_float4(0, 0, 0, 0);
    for (int w = 0; w < warps; w++) add4(sum, 1.f, partial[w * KEYS * LANES + at]);
    store_four(to + (long long)(at / LANES) * head.width, at % LANES * 4, sum, head);
  }
}

template <int LANES, int KEYS>
__device__ __forceinline__ void few_keys_backward(const float* q, const float* k, const float* v,
                                                  const float* keyMask, const float* queryMask,
                                                  const AttentionDropout& dropout, const float* dout,
                                                  float* dq, float* dk, float* dv, int heads, int queries,
                                                  int keys, int headDim, float scale) {
  DYN_SHARED(float4, partial);
  const AttentionHead head(1, heads, headDim);
  const FewKeys<LANES, KEYS> few(k, v, keyMask, keys, head);
  const int groups = blockDim.x / LANES, group = threadIdx.x / LANES;
  float4 dkey[KEYS], dvalue[KEYS];
#pragma unroll
  for (int j = 0; j < KEYS; j++) dkey[j] = dvalue[j] = make_float4(0, 0, 0, 0);
  q += head.first(queries);
  dout += head.first(queries);
  dq += head.first(queries);
  for (int start = 0; start < queries; start += groups * BACKWARD_ROWS) {
    float4 query[BACKWARD_ROWS], dquery[BACKWARD_ROWS];
#pragma unroll
    for (int u = 0; u < BACKWARD_ROWS; u++) {
      const int i = start + u * groups + group;
      query[u] = dquery[u] = make_float4(0, 0, 0, 0);
      if (i < queries) {
        query[u] = load_four(q + (long long)i * head.width, few.d, head);
        dquery[u] = load_four(dout + (long long)i * head.width, few.d, head);
      }
    }
#pragma unroll
    for (int u = 0; u < BACKWARD_ROWS; u++) {
      if (start + u * groups >= queries) break;  // the same for the whole block
      const int i = start + u * groups + group;
      const float queryBias = i < queries ? mask_bias(queryMask, head.sequence, i, queries) : 0.f;
      float p[KEYS], factors[KEYS], dp[KEYS], mean = 0.f;
      few.softmax(query[u], scale, queryBias, p);
      row_factors<LANES, KEYS>(dropout, ((u64)head.pair * queries + i) * keys, factors);
#pragma unroll
      for (int j = 0; j < KEYS; j++) {
        dp[j] = factors[j] * lanes_sum<LANES>(dot4(dquery[u], few.value[j]));
        mean = fmaf(p[j], dp[j], mean);
      }
      float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll
      for (int j = 0; j < KEYS; j++) {
        // Beyond the end query and dout are zeros: nothing is added to dK and dV.
        const bool masked = fminf(few.bias[j], queryBias) != 0.f;
        const float ds = masked ? 0.f : scale * p[j] * (dp[j] - mean);
        add4(sum, ds, few.key[j]);
        add4(dkey[j], ds, query[u]);
        add4(dvalue[j], p[j] * factors[j], dquery[u]);
      }
      if (i < queries) store_four(dq + (long long)i * head.width, few.d, sum, head);
    }
  }
  write_sums<LANES, KEYS>(dkey, partial, dk + head.first(keys), keys, head);
  write_sums<LANES, KEYS>(dvalue, partial, dv + head.first(keys), keys, head);
}

// Heads of up to D = 4·LANES dimensions and up to KEYS keys. Forward: batch · heads · tiles blocks of 128
// threads. Backward: batch · heads blocks of 128 or 256 threads, (threads / 2)·KEYS·LANES bytes of dynamic
// shared memory.
#define FEW_KEYS(D, KEYS)                                                                                 \
  extern "C" __global__ void __launch_bounds__(128) attention_few_##D##_##KEYS(                           \
      const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ v,              \
      const float* __restrict__ keyMask, const float* __restrict__ queryMask, u32 threshold,              \
      float kept, u64 seed, u64 stream, const u64* __restrict__ base, float* __restrict__ out,            \
      int heads, int queries, int keys, int headDim, float scale, int tiles) {                            \
    AttentionDropout dropout(threshold, kept, seed, stream, base);                                        \
    few_keys_forward<D / 4, KEYS>(q, k, v, keyMask, queryMask, dropout, out, heads, queries, keys,        \
                                  headDim, scale, tiles);                                                 \
  }                                                                                                       \
  KERNEL(attention_few_##D##_##KEYS)                                                                      \
  extern "C" __global__ void __launch_bounds__(256) attention_few_backward_##D##_##KEYS(                  \
      const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ v,              \
      const float* __restrict__ keyMask, const float* __restrict__ queryMask, u32 threshold,              \
      float kept, u64 seed, u64 stream, const u64* __restrict__ base, const float* __restrict__ dout,     \
      float* __restrict__ dq, float* __restrict__ dk, float* __restrict__ dv, int heads, int queries,     \
      int keys, int headDim, float scale) {                                                               \
    AttentionDropout dropout(threshold, kept, seed, stream, base);                                        \
    few_keys_backward<D / 4, KEYS>(q, k, v, keyMask, queryMask, dropout, dout, dq, dk, dv, heads,         \
                                   queries, keys, headDim, scale);                                        \
  }                                                                                                       \
  KERNEL(attention_few_backward_##D##_##KEYS)

FEW_KEYS(32, 5)
FEW_KEYS(32, 8)
FEW_KEYS(64, 5)
FEW_KEYS(64, 8)
FEW_KEYS(128, 5)
FEW_KEYS(128, 8)
