// Multi-head attention in fp32, backward, for heads of up to 128 dimensions.
//
//   P = exp(scale · Q Kᵀ − m) / Σ, from what the forward pass saved; δ = Σ dout⊙out = Σ dP⊙P
//   dV = dropout(P)ᵀ dout;  dP = dropout′(dout Vᵀ);  dS = scale · P ⊙ (dP − δ), 0 where masked
//   dQ = dS K;  dK = dSᵀ Q
//
// Two kernels, each of which sums what it writes in a fixed order: one walks over the keys for a tile of
// queries and gives dQ and δ, the other walks over the queries for a tile of keys and gives dK and dV. P is
// found anew in both: that is seven products instead of five, but needs no atomics on dQ.
// Blocks have WARPS warps and 4·ROWS·WARPS rows; grids are batch · heads · ⌈rows / (4·ROWS·WARPS)⌉.
#include "attention_tiles.cuh"

struct BackwardTiles {
  float *rows, *drows, *columns, *dcolumns, *weights, *stats;

  // Dynamic shared memory: 4·((2·R + 64)·(D + 4) + 36·R + max(R, 128)) bytes for R = 4·ROWS·WARPS.
  __device__ __forceinline__ BackwardTiles(float* shared, int count, int stride) {
    rows = shared;
    drows = rows + count * stride;
    columns = drows + count * stride;
    dcolumns = columns + COLUMNS * stride;
    weights = dcolumns + COLUMNS * stride;
    stats = weights + count * WEIGHT_STRIDE;
  }
};

template <int D, int ROWS, int WARPS>
__device__ __forceinline__ void backward_queries(
    const float* q, const float* k, const float* v, const float* keyMask, const float* queryMask,
    const AttentionDropout& dropout, const float* out, const float* saved, const float* dout, float* dq,
    float* delta, int heads, int queries, int keys, int headDim, float scale) {
  constexpr int QUERIES = 4 * ROWS * WARPS, THREADS = 32 * WARPS;
  DYN_SHARED(float, shared);
  const BackwardTiles tiles(shared, QUERIES, D + 4);
  const AttentionHead head((queries + QUERIES - 1) / QUERIES, heads, headDim);
  const int first = head.tile * QUERIES;
  const int warpRow = (threadIdx.x >> 5) * 4 * ROWS;
  const int row = first + warpRow + (threadIdx.x >> 3 & 3) * ROWS;
  const bool active = first + warpRow < queries;
  float* const weights = tiles.weights + warpRow * WEIGHT_STRIDE;
  const float* keyBias = tiles.stats;
  const long long pairRow = (long long)head.pair * queries + row;

  load_rows<D, QUERIES, THREADS, false>(tiles.rows, q + head.first(queries), first, queries, head);
  load_rows<D, QUERIES, THREADS, false>(tiles.drows, dout + head.first(queries), first, queries, head);

  float sum[ROWS][D / 8], largest[ROWS], inverse[ROWS], mean[ROWS], queryBias[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    const bool inside = row + r < queries;
    largest[r] = inside ? saved[2 * (pairRow + r)] : 0.f;
    inverse[r] = inside ? saved[2 * (pairRow + r) + 1] : 0.f;
    queryBias[r] = inside ? mask_bias(queryMask, head.sequence, row + r, queries) : 0.f;
    const long long at = head.first(queries) + (long long)(row + r) * head.width;
    mean[r] = 0.f;
    for (int d = threadIdx.x & 7; d < headDim && inside; d += 8) {
      mean[r] = fmaf(dout[at + d], out[at + d], mean[r]);
    }
    mean[r] = quarter_sum(mean[r]);
    if (inside && (threadIdx.x & 7) == 0) delta[pairRow + r] = mean[r];
#pragma unroll
    for (int d = 0; d < D / 8; d++) sum[r][d] = 0.f;
  }

  const int attended = attended_keys(keyMask, queryMask, head.sequence, keys);
  for (int key = 0; key < attended; key += COLUMNS) {
    __syncthreads();  // the tiles before have been read
    load_rows<D, COLUMNS, THREADS, true>(tiles.columns, k + head.first(keys), key, keys, head);
    load_rows<D, COLUMNS, THREADS, true>(tiles.dcolumns, v + head.first(keys), key, keys, head);
    if (threadIdx.x < COLUMNS) {
      tiles.stats[threadIdx.x] = mask_bias(keyMask, head.sequence, key + threadIdx.x, keys);
    }
    copy_async_wait();
    __syncthreads();
    if (!active) continue;
    float s[ROWS][4], ds[ROWS][4];
    dot_rows<D, ROWS>(ds, tiles.drows + warpRow * (D + 4), tiles.dcolumns);
    if (dropout.threshold) {
      draw_factors<ROWS>(weights, dropout, pairRow * keys + key + (threadIdx.x & 7) * 4, keys);
      multiply_drawn<ROWS>(ds, weights);
    }
    dot_rows<D, ROWS>(s, tiles.rows + warpRow * (D + 4), tiles.columns);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      float bias = keyBias[(threadIdx.x & 7) * 4 + c];
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        float p = expf(scale * s[r][c] - largest[r]) * inverse[r];
        bool masked = fminf(bias, queryBias[r]) != 0.f;
        ds[r][c] = masked ? 0.f : scale * p * (ds[r][c] - mean[r]);
      }
    }
    share_weights<ROWS>(weights, ds);
    add_weighted<D, ROWS, true>(sum, weights, tiles.columns);
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (row + r >= queries) continue;
    store_row<D>(dq + head.first(queries) + (long long)(row + r) * head.width, sum[r], 1.f, head);
  }
}

template <int D, int ROWS, int WARPS>
__device__ __forceinline__ void backward_keys(
    const float* q, const float* k, const float* v, const float* keyMask, const float* queryMask,
    const AttentionDropout& dropout, const float* saved, const float* delta, const float* dout, float* dk,
    float* dv, int heads, int queries, int keys, int headDim, float scale) {
  constexpr int KEYS = 4 * ROWS * WARPS, THREADS = 32 * WARPS;
  DYN_SHARED(float, shared);
  const BackwardTiles tiles(shared, KEYS, D + 4);
  const AttentionHead head((keys + KEYS - 1) / KEYS, heads, headDim);
  const int first = head.tile * KEYS;
  const int warpRow = (threadIdx.x >> 5) * 4 * ROWS;
  const int row = first + warpRow + (threadIdx.x >> 3 & 3) * ROWS;
  const bool active = first + warpRow < keys;
  float* const weights = tiles.weights + warpRow * WEIGHT_STRIDE;
  const float *largest = tiles.stats, *inverse = largest + COLUMNS, *mean = inverse + COLUMNS,
              *queryBias = mean + COLUMNS;

  float dkey[ROWS][D / 8], dvalue[ROWS][D / 8];
  int kept = 0;  // bit r: key row + r is not masked
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (mask_bias(keyMask, head.sequence, row + r, keys) == 0.f) kept |= 1 << r;
#pragma unroll
    for (int d = 0; d < D / 8; d++) dkey[r][d] = dvalue[r][d] = 0.f;
  }
  const bool attended = first < attended_keys(keyMask, queryMask, head.sequence, keys);
  if (attended) {
    load_rows<D, KEYS, THREADS, false>(tiles.rows, k + head.first(keys), first, keys, head);
    load_rows<D, KEYS, THREADS, false>(tiles.drows, v + head.first(keys), first, keys, head);
  }

  for (int query = attended ? 0 : queries; query < queries; query += COLUMNS) {
    __syncthreads();  // the tiles before have been read
    load_rows<D, COLUMNS, THREADS, true>(tiles.columns, q + head.first(queries), query, queries, head);
    load_rows<D, COLUMNS, THREADS, true>(tiles.dcolumns, dout + head.first(queries), query, queries, head);
    if (threadIdx.x < COLUMNS) {
      int i = query + threadIdx.x;
      long long at = (long long)head.pair * queries + i;
      float* to = tiles.stats + threadIdx.x;
      to[0] = i < queries ? saved[2 * at] : 0.f;
      to[COLUMNS] = i < queries ? saved[2 * at + 1] : 0.f;  // so that P = 0 beyond the end
      to[2 * COLUMNS] = i < queries ? delta[at] : 0.f;
      to[3 * COLUMNS] = i < queries ? mask_bias(queryMask, head.sequence, i, queries) : MASKED_SCORE;
    }
    copy_async_wait();
    __syncthreads();
    if (!active) continue;
    float p[ROWS][4], ds[ROWS][4];
    dot_rows<D, ROWS>(p, tiles.rows + warpRow * (D + 4), tiles.columns);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      int column = (threadIdx.x & 7) * 4 + c;
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        float bias = kept >> r & 1 ? queryBias[column] : MASKED_SCORE;
        p[r][c] = expf(masked_score(scale * p[r][c], bias) - largest[column]) * inverse[column];
      }
    }
    dot_rows<D, ROWS>(ds, tiles.drows + warpRow * (D + 4), tiles.dcolumns);
    float drawn[ROWS][4];
    if (dropout.threshold) {
      draw_transposed<ROWS>(weights, dropout, ((u64)head.pair * queries + query) * keys + row, keys);
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      for (int c = 0; c < 4; c++) drawn[r][c] = 1.f;
    }
    if (dropout.threshold) multiply_drawn<ROWS>(drawn, weights);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      int column = (threadIdx.x & 7) * 4 + c;
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        bool masked = !(kept >> r & 1) || queryBias[column] != 0.f;
        ds[r][c] = masked ? 0.f : scale * p[r][c] * (ds[r][c] * drawn[r][c] - mean[column]);
        p[r][c] *= drawn[r][c];
      }
    }
    share_weights<ROWS>(weights, p);
    add_weighted<D, ROWS, true>(dvalue, weights, tiles.dcolumns);
    share_weights<ROWS>(weights, ds);
    add_weighted<D, ROWS, true>(dkey, weights, tiles.columns);
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (row + r >= keys) continue;
    long long at = head.first(keys) + (long long)(row + r) * head.width;
    store_row<D>(dk + at, dkey[r], 1.f, head);
    store_row<D>(dv + at, dvalue[r], 1.f, head);
  }
}

#define BACKWARD_QUERIES(D, ROWS, WARPS)                                                                \
  extern "C" __global__ void __launch_bounds__(32 * WARPS, 3) attention_dq_##D##_##ROWS(                \
      const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ v,            \
      const float* __restrict__ keyMask, const float* __restrict__ queryMask, u32 threshold,            \
      float kept, u64 seed, u64 stream, const u64* __restrict__ base, const float* __restrict__ out,    \
      const float* __restrict__ saved, const float* __restrict__ dout, float* __restrict__ dq,          \
      float* __restrict__ delta, int heads, int queries, int keys, int headDim, float scale) {          \
    AttentionDropout dropout(threshold, kept, seed, stream, base);                                      \
    backward_queries<D, ROWS, WARPS>(q, k, v, keyMask, queryMask, dropout, out, saved, dout, dq, delta, \
                                     heads, queries, keys, headDim, scale);                             \
  }                                                                                                     \
  KERNEL(attention_dq_##D##_##ROWS)

BACKWARD_QUERIES(32, 1, 4)
BACKWARD_QUERIES(32, 4, 4)
BACKWARD_QUERIES(64, 1, 4)
BACKWARD_QUERIES(64, 4, 4)
BACKWARD_QUERIES(128, 1, 4)
BACKWARD_QUERIES(128, 4, 2)

#define BACKWARD_KEYS(D, WARPS)                                                                         \
  extern "C" __global__ void __launch_bounds__(32 * WARPS, 3) attention_dkv_##D(                        \
      const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ v,            \
      const float* __restrict__ keyMask, const float* __restrict__ queryMask, u32 threshold,            \
      float kept, u64 seed, u64 stream, const u64* __restrict__ base, const float* __restrict__ saved,  \
      const float* __restrict__ delta, const float* __restrict__ dout, float* __restrict__ dk,          \
      float* __restrict__ dv, int heads, int queries, int keys, int headDim, float scale) {             \
    AttentionDropout dropout(threshold, kept, seed, stream, base);                                      \
    backward_keys<D, 4, WARPS>(q, k, v, keyMask, queryMask, dropout, saved, delta, dout, dk, dv, heads, \
                               queries, keys, headDim, scale);                                          \
  }                                                                                                     \
  KERNEL(attention_dkv_##D)

BACKWARD_KEYS(32, 4)
BACKWARD_KEYS(64, 4)
BACKWARD_KEYS(128, 2)
