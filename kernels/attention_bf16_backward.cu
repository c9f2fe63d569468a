// Multi-head attention on tensor cores, backward, for heads of up to 128 dimensions.
//
//   P = 2^(S − m) / Σ, from what the forward pass saved; δ = Σ dout⊙out = Σ dP⊙P
//   dV = dropout(P)ᵀ dout;  dP = dropout′(dout Vᵀ);  dS = P ⊙ (dP − δ), 0 where masked
//   dQ = scale · dS K;  dK = scale · dSᵀ Q
//
// The factors of products are rounded to bf16, everything else is fp32. Two kernels, each of which sums what
// it writes in a fixed order: one walks over the keys for a tile of queries and gives dQ and δ, the other
// walks over the queries for a tile of keys, with S and dP transposed, and gives dK and dV. Blocks have
// 128 threads and 64 rows; grids are batch · heads · ⌈rows / 64⌉; both take 512·(D + 8) + 1536 bytes
// of dynamic shared memory.
#include "attention_bf16.cuh"

#define WARPS 4
#define THREADS (32 * WARPS)

// Two tiles at once, with the reads of both in flight where registers allow.
template <int D>
__device__ __forceinline__ void load_two(__nv_bfloat16* tile0, float factor0, const float* matrix0,
                                         __nv_bfloat16* tile1, const float* matrix1, int first, int rows,
                                         const AttentionHead& head) {
  StagedRows<D, TILE, THREADS> staged0;
  staged0.fetch(matrix0, first, rows, head);
  if (D > 32) {
    staged0.store(tile0, factor0, matrix0, first, rows, head);
    load_bf16<D, TILE, THREADS>(tile1, 1.f, matrix1, first, rows, head);
  } else {
    StagedRows<D, TILE, THREADS> staged1;
    staged1.fetch(matrix1, first, rows, head);
    staged0.store(tile0, factor0, matrix0, first, rows, head);
    staged1.store(tile1, 1.f, matrix1, first, rows, head);
  }
}

template <int D, int CHUNK>
__device__ __forceinline__ void backward_queries_bf16(
    const float* q, const float* k, const float* v, const float* keyMask, const float* queryMask,
    u32 threshold, float kept, const float* out, const float* saved, const float* dout, float* dq,
    float* delta, int heads, int queries, int keys, int headDim, float scale) {
  constexpr int STRIDE = D + 8;
  DYN_SHARED(__nv_bfloat16, tileQ);
  __nv_bfloat16 *const tileDout = tileQ + TILE * STRIDE, *const tileK = tileDout + TILE * STRIDE,
                *const tileV = tileK + TILE * STRIDE;
  float* const keyBias = (float*)(tileV + TILE * STRIDE);
  const AttentionHead head((queries + TILE - 1) / TILE, heads, headDim);
  const int lane = threadIdx.x & 31, pair = (lane & 3) * 2;
  const int first = head.tile * TILE, warpRow = (threadIdx.x >> 5) * 16;
  const int row = first + warpRow + (lane >> 2);  // this lane's rows: row and row + 8
  const bool active = first + warpRow < queries;  // the same for the whole warp
  const long long pairRow = (long long)head.pair * queries;
  q += head.first(queries);
  k += head.first(keys);
  v += head.first(keys);
  out += head.first(queries);
  dout += head.first(queries);

  load_two<D>(tileQ, scale * LOG2_E, q, tileDout, dout, first, queries, head);
  float sum[D / 8][4] = {}, largest[2], inverse[2], mean[2], queryBias[2];
  const u32* words[2];
#pragma unroll
  for (int r = 0; r < 2; r++) {
    const int i = row + 8 * r;
    const float* stats = saved + saved_at(pairRow + min(i, queries - 1), keys);
    largest[r] = stats[0];
    inverse[r] = stats[1];
    words[r] = (const u32*)stats + 2 + (lane >> 1 & 1);
    queryBias[r] = i < queries ? mask_bias(queryMask, head.sequence, i, queries) : 0.f;
    float dot = 0.f;
    for (int d = (lane & 3) * 4; d < headDim && i < queries; d += 16) {
      const float4 x = load_four(out + (long long)i * head.width, d, head);
      const float4 y = load_four(dout + (long long)i * head.width, d, head);
      dot += (x.x * y.x + x.y * y.y) + (x.z * y.z + x.w * y.w);
    }
    mean[r] = four_lanes_sum(dot);
    if (i < queries && (lane & 3) == 0) delta[pairRow + i] = mean[r];
  }
  __syncthreads();
  const RowFragments<D, D <= 64> rows(tileQ + warpRow * STRIDE), drows(tileDout + warpRow * STRIDE);

  const int attended = attended_keys(keyMask, queryMask, head.sequence, keys);
  for (int key = 0; key < attended; key += TILE) {
    __syncthreads();  // the tiles before have been read
    load_two<D>(tileK, 1.f, k, tileV, v, key, keys, head);
    if (threadIdx.x < TILE) {
      keyBias[threadIdx.x] = mask_bias(keyMask, head.sequence, key + threadIdx.x, keys);
    }
    __syncthreads();
    if (!active) continue;
    u32 bits[2] = {0, 0};
    if (threshold) {
      bits[0] = words[0][key / TILE * 2] >> (lane & 1) * 2;
      bits[1] = words[1][key / TILE * 2] >> (lane & 1) * 2;
    }
    const bool mine = keyBias[lane] != 0.f || keyBias[lane + 32] != 0.f || queryBias[0] != 0.f ||
                      queryBias[1] != 0.f;
    const bool anyBias = __ballot_sync(~0u, mine) != 0;
#pragma unroll 1
    for (int c = 0; c < TILE; c += CHUNK) {
      float s[CHUNK / 8][4], dp[CHUNK / 8][4];
      rows.template dot<CHUNK>(s, tileK + c * STRIDE);
      drows.template dot<CHUNK>(dp, tileV + c * STRIDE);
      if (threshold) {
#pragma unroll
        for (int n = 0; n < CHUNK / 8; n++) {
#pragma unroll
          for (int e = 0; e < 4; e++) {
            dp[n][e] = bits[e >> 1] >> (4 * n + (e & 1)) & 1 ? kept * dp[n][e] : 0.f;
          }
        }
        bits[0] >>= CHUNK / 2 & 31;
        bits[1] >>= CHUNK / 2 & 31;
      }
#pragma unroll
      for (int n = 0; n < CHUNK / 8; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          const float p = power_of_two(s[n][e] - largest[e >> 1]) * inverse[e >> 1];
          s[n][e] = p * (dp[n][e] - mean[e >> 1]);
        }
      }
      if (anyBias) {
#pragma unroll
        for (int n = 0; n < CHUNK / 8; n++) {
#pragma unroll
          for (int e = 0; e < 4; e++) {
            if (fminf(keyBias[c + n * 8 + pair + (e & 1)], queryBias[e >> 1]) != 0.f) s[n][e] = 0.f;
          }
        }
      }
      add_weighted<D, CHUNK>(sum, s, tileK + c * STRIDE);
    }
  }
  if (!active) return;
  const float factor[2] = {scale, scale};
  store_rows<D>(dq + head.first(queries), sum, row, queries, factor, head);
}

// Writes zeros to the rows of a tile.
__device__ __forceinline__ void clear_rows(float* matrix, int first, int rows, const AttentionHead& head) {
  const int count = min(TILE, rows - first);
  for (int r = threadIdx.x >> 5; r < count; r += WARPS) {
    float* row = matrix + (long long)(first + r) * head.width;
    for (int d = threadIdx.x & 31; d < head.dim; d += 32) row[d] = 0.f;
  }
}

// What the columns of a tile, which are queries, have in shared memory.
struct QueryStats {
  float largest[TILE], inverse[TILE], mean[TILE], bias[TILE];
  u32 words[2][TILE];
};

template <int D, int CHUNK>
__device__ __forceinline__ void backward_keys_bf16(
    const float* q, const float* k, const float* v, const float* keyMask, const float* queryMask,
    u32 threshold, float kept, const float* saved, const float* delta, const float* dout, float* dk,
    float* dv, int heads, int queries, int keys, int headDim, float scale) {
  constexpr int STRIDE = D + 8;
  DYN_SHARED(__nv_bfloat16, tileK);
  __nv_bfloat16 *const tileV = tileK + TILE * STRIDE, *const tileQ = tileV + TILE * STRIDE,
                *const tileDout = tileQ + TILE * STRIDE;
  QueryStats& stats = *(QueryStats*)(tileDout + TILE * STRIDE);
  const AttentionHead head((keys + TILE - 1) / TILE, heads, headDim);
  const int lane = threadIdx.x & 31, pair = (lane & 3) * 2, warp = threadIdx.x >> 5;
  const int row = head.tile * TILE + warp * 16 + (lane >> 2);  // this lane's keys: row and row + 8
  const bool active = head.tile * TILE + warp * 16 < keys;     // the same for the whole warp
  if (head.tile * TILE >= attended_keys(keyMask, queryMask, head.sequence, keys)) {
    clear_rows(dk + head.first(keys), head.tile * TILE, keys, head);
    clear_rows(dv + head.first(keys), head.tile * TILE, keys, head);
    return;
  }
  q += head.first(queries);
  dout += head.first(queries);

  float dkey[D / 8][4] = {}, dvalue[D / 8][4] = {};
  load_two<D>(tileK, 1.f, k + head.first(keys), tileV, v + head.first(keys), head.tile * TILE, keys, head);
  const float keyBias[2] = {mask_bias(keyMask, head.sequence, row, keys),
                            mask_bias(keyMask, head.sequence, row + 8, keys)};
  __syncthreads();
  const RowFragments<D, D <= 32> rows(tileK + warp * 16 * STRIDE);
  const RowFragments<D, D <= 32> drows(tileV + warp * 16 * STRIDE);
  const u32* words = stats.words[lane >> 4 & 1];
  const int shift = 8 * warp + (lane >> 2 & 3);  // of the bit of key `row`; that of row + 8 is 4 further

  for (int query = 0; query < queries; query += TILE) {
    __syncthreads();  // the tiles before have been read
    load_two<D>(tileQ, scale * LOG2_E, q, tileDout, dout, query, queries, head);
    if (threadIdx.x < TILE) {
      const int t = threadIdx.x, i = query + t;
      const long long at = (long long)head.pair * queries + min(i, queries - 1);
      const float* from = saved + saved_at(at, keys);
      stats.largest[t] = from[0];
      stats.inverse[t] = i < queries ? from[1] : 0.f;  // so that P = 0 beyond the end
      stats.mean[t] = delta[at];
      stats.bias[t] = mask_bias(queryMask, head.sequence, i, queries);
      if (threshold) {
        stats.words[0][t] = ((const u32*)from)[2 + 2 * head.tile];
        stats.words[1][t] = ((const u32*)from)[3 + 2 * head.tile];
      }
    }
    __syncthreads();
    if (!active) continue;
    const bool mine = stats.bias[lane] != 0.f || stats.bias[lane + 32] != 0.f || keyBias[0] != 0.f ||
                      keyBias[1] != 0.f;
    const bool anyBias = __ballot_sync(~0u, mine) != 0;
#pragma unroll 1
    for (int c = 0; c < TILE; c += CHUNK) {
      float p[CHUNK / 8][4], ds[CHUNK / 8][4];
      rows.template dot<CHUNK>(p, tileQ + c * STRIDE);
      drows.template dot<CHUNK>(ds, tileDout + c * STRIDE);
#pragma unroll
      for (int n = 0; n < CHUNK / 8; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          const int column = c + n * 8 + pair + (e & 1);
          const float bias = anyBias ? fminf(stats.bias[column], keyBias[e >> 1]) : 0.f;
          float x = power_of_two(masked_score(p[n][e], bias) - stats.largest[column]);
          x *= stats.inverse[column];
          p[n][e] = x;
          bool keep = true;
          if (threshold) {
            keep = words[column] >> (shift + 4 * (e >> 1)) & 1;
            ds[n][e] = keep ? kept * ds[n][e] : 0.f;
          }
          ds[n][e] = bias == 0.f ? x * (ds[n][e] - stats.mean[column]) : 0.f;
          if (!keep) p[n][e] = 0.f;
        }
      }
      add_weighted<D, CHUNK>(dvalue, p, tileDout + c * STRIDE);
      add_weighted<D, CHUNK>(dkey, ds, tileQ + c * STRIDE);
    }
  }
  if (!active) return;
  const float scaled = threshold ? kept : 1.f, natural = 1.f / LOG2_E;  // Q was loaded with scale · log₂e
  const float factorK[2] = {natural, natural}, factorV[2] = {scaled, scaled};
  store_rows<D>(dk + head.first(keys), dkey, row, keys, factorK, head);
  store_rows<D>(dv + head.first(keys), dvalue, row, keys, factorV, head);
}

// Seed, stream and base are not read: the bits of dropout were saved.
#define BACKWARD(D, CHUNK, BLOCKS)                                                                       \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attention_bf16_dq_##D(                   \
      const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ v,             \
      const float* __restrict__ keyMask, const float* __restrict__ queryMask, u32 threshold,             \
      float kept, u64 seed, u64 stream, const u64* __restrict__ base, const float* __restrict__ out,     \
      const float* __restrict__ saved, const float* __restrict__ dout, float* __restrict__ dq,           \
      float* __restrict__ delta, int heads, int queries, int keys, int headDim, float scale) {           \
    backward_queries_bf16<D, CHUNK>(q, k, v, keyMask, queryMask, threshold, kept, out, saved, dout, dq,  \
                                    delta, heads, queries, keys, headDim, scale);                        \
  }                                                                                                      \
  KERNEL(attention_bf16_dq_##D)                                                                          \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attention_bf16_dkv_##D(                  \
      const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ v,             \
      const float* __restrict__ keyMask, const float* __restrict__ queryMask, u32 threshold,             \
      float kept, u64 seed, u64 stream, const u64* __restrict__ base, const float* __restrict__ saved,   \
      const float* __restrict__ delta, const float* __restrict__ dout, float* __restrict__ dk,           \
      float* __restrict__ dv, int heads, int queries, int keys, int headDim, float scale) {              \
    backward_keys_bf16<D, CHUNK>(q, k, v, keyMask, queryMask, threshold, kept, saved, delta, dout, dk,   \
                                 dv, heads, queries, keys, headDim, scale);                              \
  }                                                                                                      \
  KERNEL(attention_bf16_dkv_##D)

BACKWARD(32, 32, 3)
BACKWARD(64, 32, 3)
BACKWARD(128, 32, 2)
