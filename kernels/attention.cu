// Multi-head attention in fp32, forward, for heads of up to 128 dimensions.
//
//   S = scale · Q Kᵀ, −1e9 where masked;  P = softmax(S);  out = dropout(P) V
//
// One pass over the keys with an online softmax (Milakov and Gimelshein 2018; Dao et al., FlashAttention,
// NeurIPS 2022): no score reaches global memory. A block of four warps has 16·ROWS queries of one head and
// walks over the keys in tiles of 32; V is under way while the scores are computed, and the next K while
// V is used. Grid: batch · heads · ⌈queries / (16·ROWS)⌉ blocks of 128 threads, with
// 4·((16·ROWS + 64)·(D + 4) + 16·ROWS·36 + 32) bytes of dynamic shared memory.
#include "attention_tiles.cuh"

#define THREADS 128

template <int D, int ROWS>
struct ForwardTiles {
  static constexpr int QUERIES = 16 * ROWS;
  float *q, *k, *v, *weights, *keyBias;

  __device__ __forceinline__ explicit ForwardTiles(float* shared) {
    q = shared;
    k = q + QUERIES * (D + 4);
    v = k + COLUMNS * (D + 4);
    weights = v + COLUMNS * (D + 4);
    keyBias = weights + QUERIES * WEIGHT_STRIDE;
  }
};

template <int D>
__device__ __forceinline__ void load_keys(float* tile, float* bias, const float* k, const float* mask,
                                          int key, int keys, const AttentionHead& head) {
  load_rows<D, COLUMNS, THREADS, true>(tile, k, key, keys, head);
  if (threadIdx.x < COLUMNS) {
    bias[threadIdx.x] = mask_bias(mask, head.sequence, key + threadIdx.x, keys);
  }
}

// The scores of this lane's rows against a tile of keys, masked.
template <int D, int ROWS>
__device__ __forceinline__ void scores(float (&s)[ROWS][4], const float* q, const float* k,
                                       const float* keyBias, const float (&queryBias)[ROWS],
                                       float scale) {
  dot_rows<D, ROWS>(s, q, k);
#pragma unroll
  for (int c = 0; c < 4; c++) {
    float bias = keyBias[(threadIdx.x & 7) * 4 + c];
#pragma unroll
    for (int r = 0; r < ROWS; r++) s[r][c] = masked_score(scale * s[r][c], fminf(bias, queryBias[r]));
  }
}

template <int D, int ROWS>
__device__ __forceinline__ void forward(const float* q, const float* k, const float* v,
                                        const float* keyMask, const float* queryMask,
                                        const AttentionDropout& dropout, float* out, float* saved,
                                        int heads, int queries, int keys, int headDim, float scale) {
  using Tiles = ForwardTiles<D, ROWS>;
  DYN_SHARED(float, shared);
  const Tiles tiles(shared);
  const AttentionHead head((queries + Tiles::QUERIES - 1) / Tiles::QUERIES, heads, headDim);
  const int first = head.tile * Tiles::QUERIES;
  const int warpRow = (threadIdx.x >> 5) * 4 * ROWS;
  const int row = first + warpRow + (threadIdx.x >> 3 & 3) * ROWS;  // of this lane, and ROWS − 1 more
  const bool active = first + warpRow < queries;                    // the same for the whole warp
  float* const weights = tiles.weights + warpRow * WEIGHT_STRIDE;
  const int attended = attended_keys(keyMask, queryMask, head.sequence, keys);
  q += head.first(queries);
  k += head.first(keys);
  v += head.first(keys);

  float sum[ROWS][D / 8], largest[ROWS], total[ROWS], queryBias[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    largest[r] = -INFINITY;
    total[r] = 0.f;
    queryBias[r] = row + r < queries ? mask_bias(queryMask, head.sequence, row + r, queries) : 0.f;
#pragma unroll
    for (int d = 0; d < D / 8; d++) sum[r][d] = 0.f;
  }

  load_rows<D, Tiles::QUERIES, THREADS, false>(tiles.q, q, first, queries, head);
  load_keys<D>(tiles.k, tiles.keyBias, k, keyMask, 0, keys, head);
  copy_async_wait();
  __syncthreads();
  for (int key = 0; key < attended; key += COLUMNS) {
    load_rows<D, COLUMNS, THREADS, false>(tiles.v, v, key, keys, head);
    if (active) {
      float s[ROWS][4];
      scores<D, ROWS>(s, tiles.q + warpRow * (D + 4), tiles.k, tiles.keyBias, queryBias, scale);
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        float max = fmaxf(fmaxf(s[r][0], s[r][1]), fmaxf(s[r][2], s[r][3]));
        max = fmaxf(largest[r], quarter_max(max));
        float shrink = expf(largest[r] - max);
        largest[r] = max;
#pragma unroll
        for (int d = 0; d < D / 8; d++) sum[r][d] *= shrink;
#pragma unroll
        for (int c = 0; c < 4; c++) s[r][c] = expf(s[r][c] - max);
        total[r] = total[r] * shrink + ((s[r][0] + s[r][1]) + (s[r][2] + s[r][3]));
      }
      if (dropout.threshold) {
        u64 index = ((u64)head.pair * queries + row) * keys + key + (threadIdx.x & 7) * 4;
        draw_factors<ROWS>(weights, dropout, index, keys);
        multiply_drawn<ROWS>(s, weights);
      }
      share_weights<ROWS>(weights, s);
    }
    copy_async_wait();
    __syncthreads();  // V is here, K may be overwritten
    if (key + COLUMNS < attended) {
      load_keys<D>(tiles.k, tiles.keyBias, k, keyMask, key + COLUMNS, keys, head);
    }
    if (active) add_weighted<D, ROWS, false>(sum, weights, tiles.v);
    copy_async_wait();
    __syncthreads();  // the next K is here, V may be overwritten
  }
  if (!active) return;
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    float inverse = 1.f / quarter_sum(total[r]);
    if (row + r >= queries) continue;
    store_row<D>(out + head.first(queries) + (long long)(row + r) * head.width, sum[r], inverse, head);
    if ((threadIdx.x & 7) == 0) {
      float* stats = saved + 2 * ((long long)head.pair * queries + row + r);
      stats[0] = largest[r];
      stats[1] = inverse;
    }
  }
}

// P itself, in two passes over the keys: the first finds the largest score and the sum.
template <int D, int ROWS>
__device__ __forceinline__ void probabilities(const float* q, const float* k, const float* keyMask,
                                              const float* queryMask, float* p, int heads, int queries,
                                              int keys, int headDim, float scale) {
  using Tiles = ForwardTiles<D, ROWS>;
  DYN_SHARED(float, shared);
  const Tiles tiles(shared);
  const AttentionHead head((queries + Tiles::QUERIES - 1) / Tiles::QUERIES, heads, headDim);
  const int first = head.tile * Tiles::QUERIES;
  const int warpRow = (threadIdx.x >> 5) * 4 * ROWS;
  const int row = first + warpRow + (threadIdx.x >> 3 & 3) * ROWS;
  float largest[ROWS], total[ROWS], queryBias[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    largest[r] = -INFINITY;
    total[r] = 0.f;
    queryBias[r] = row + r < queries ? mask_bias(queryMask, head.sequence, row + r, queries) : 0.f;
  }
  load_rows<D, Tiles::QUERIES, THREADS, false>(tiles.q, q + head.first(queries), first, queries, head);
  for (int pass = 0; pass < 2; pass++) {
    for (int key = 0; key < keys; key += COLUMNS) {
      __syncthreads();
      load_keys<D>(tiles.k, tiles.keyBias, k + head.first(keys), keyMask, key, keys, head);
      copy_async_wait();
      __syncthreads();
      float s[ROWS][4];
      scores<D, ROWS>(s, tiles.q + warpRow * (D + 4), tiles.k, tiles.keyBias, queryBias, scale);
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        if (pass == 0) {
          float max = fmaxf(fmaxf(s[r][0], s[r][1]), fmaxf(s[r][2], s[r][3]));
          max = fmaxf(largest[r], quarter_max(max));
          total[r] *= expf(largest[r] - max);
          largest[r] = max;
#pragma unroll
          for (int c = 0; c < 4; c++) total[r] += expf(s[r][c] - max);
        } else if (row + r < queries) {
          int column = key + (threadIdx.x & 7) * 4;
          float* to = p + ((long long)head.pair * queries + row + r) * keys + column;
#pragma unroll
          for (int c = 0; c < 4; c++) {
            if (column + c < keys) to[c] = expf(s[r][c] - largest[r]) * total[r];
          }
        }
      }
    }
    if (pass == 0) {
#pragma unroll
      for (int r = 0; r < ROWS; r++) total[r] = 1.f / quarter_sum(total[r]);
    }
  }
}

#define FORWARD(D, ROWS, BLOCKS)                                                                       \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attention_##D##_##ROWS(                \
      const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ v,           \
      const float* __restrict__ keyMask, const float* __restrict__ queryMask, u32 threshold,           \
      float kept, u64 seed, u64 stream, const u64* __restrict__ base, float* __restrict__ out,         \
      float* __restrict__ saved, int heads, int queries, int keys, int headDim, float scale) {         \
    AttentionDropout dropout(threshold, kept, seed, stream, base);                                     \
    forward<D, ROWS>(q, k, v, keyMask, queryMask, dropout, out, saved, heads, queries, keys, headDim,  \
                     scale);                                                                           \
  }                                                                                                    \
  KERNEL(attention_##D##_##ROWS)

FORWARD(32, 1, 4)
FORWARD(32, 4, 4)
FORWARD(32, 8, 2)
FORWARD(64, 1, 4)
FORWARD(64, 4, 3)
FORWARD(64, 8, 2)
FORWARD(128, 1, 3)
FORWARD(128, 4, 2)

// Grid and shared memory as for the forward pass with ROWS = 4.
#define PROBABILITIES(D)                                                                               \
  extern "C" __global__ void __launch_bounds__(THREADS) attention_probabilities_##D(                   \
      const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ keyMask,     \
      const float* __restrict__ queryMask, float* __restrict__ p, int heads, int queries, int keys,    \
      int headDim, float scale) {                                                                      \
    probabilities<D, 4>(q, k, keyMask, queryMask, p, heads, queries, keys, headDim, scale);            \
  }                                                                                                    \
  KERNEL(attention_probabilities_##D)

PROBABILITIES(32)
PROBABILITIES(64)
PROBABILITIES(128)
