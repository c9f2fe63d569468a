// Multi-head attention on tensor cores, forward, for heads of up to 128 dimensions.
//
//   S = scale · Q Kᵀ, −1e9 where masked;  P = softmax(S);  out = dropout(P) V
//
// One pass over the keys with an online softmax; the factors of products are rounded to bf16, sums and
// softmax are fp32. A block of WARPS warps has 16·WARPS queries of one head and walks over the keys in tiles
// of 64: V is on its way while the scores are computed, the next K while V is used.
// Grid: batch · heads · ⌈queries / (16·WARPS)⌉ blocks of 32·WARPS threads, with
// 2·(16·WARPS + 128)·(D + 8) + 528 bytes of dynamic shared memory.
#include "attention_bf16.cuh"

template <int D, int WARPS>
__device__ __forceinline__ void forward_bf16(const float* q, const float* k, const float* v,
                                             const float* keyMask, const float* queryMask,
                                             const AttentionDropout& dropout, float* out, float* saved,
                                             int heads, int queries, int keys, int headDim, float scale) {
  constexpr int QUERIES = 16 * WARPS, THREADS = 32 * WARPS, STRIDE = D + 8;
  DYN_SHARED(__nv_bfloat16, tileQ);
  __nv_bfloat16* const tileK = tileQ + QUERIES * STRIDE;
  __nv_bfloat16* const tileV = tileK + TILE * STRIDE;
  float* const keyBias = (float*)(tileV + TILE * STRIDE);  // of this tile and the next, in turns
  int& attended = *(int*)(keyBias + 2 * TILE);             // here, as registers are scarce
  const AttentionHead head((queries + QUERIES - 1) / QUERIES, heads, headDim);
  const int lane = threadIdx.x & 31, pair = (lane & 3) * 2;
  const int first = head.tile * QUERIES, warpRow = (threadIdx.x >> 5) * 16;
  const int row = first + warpRow + (lane >> 2);  // this lane's rows: row and row + 8
  const bool active = first + warpRow < queries;  // the same for the whole warp
  const int pairRow = head.pair * queries;  // at most as many rows as P has elements
  q += head.first(queries);
  k += head.first(keys);
  v += head.first(keys);

  float sum[D / 8][4] = {}, largest[2] = {-INFINITY, -INFINITY}, total[2] = {}, queryBias[2];
#pragma unroll
  for (int r = 0; r < 2; r++) {
    const int i = row + 8 * r;
    queryBias[r] = i < queries ? mask_bias(queryMask, head.sequence, i, queries) : 0.f;
  }

  load_bf16<D, QUERIES, THREADS>(tileQ, scale * LOG2_E, q, first, queries, head);
  load_bf16<D, TILE, THREADS>(tileK, 1.f, k, 0, keys, head);
  if (threadIdx.x < TILE) keyBias[threadIdx.x] = mask_bias(keyMask, head.sequence, threadIdx.x, keys);
  const int limit = attended_keys(keyMask, queryMask, head.sequence, keys);
  if (threadIdx.x == 0) attended = limit;
  __syncthreads();
  const RowFragments<D, D <= 64 && WARPS == 4> rows(tileQ + warpRow * STRIDE);

  for (int key = 0; key < attended; key += TILE) {
    const float* bias = keyBias + (key & TILE);
    u32 drawn = 0;  // before the scores, which take the registers that Philox needs
    if (active && dropout.threshold) {
      // Two lanes share four columns of two rows: each draws for one of the rows.
      const int drawnRow = row + (lane & 1) * 8, half = lane >> 1 & 1;
      u64 index = (u64)(pairRow + drawnRow) * keys + key + 4 * half;
#pragma unroll 1
      for (int n = 0; n < TILE / 8; n++, index += 8) drawn |= dropout.kept_of_four(index) << 4 * n;
      if (drawnRow < queries) {
        ((u32*)saved)[saved_at(pairRow + drawnRow, keys) + 2 + key / TILE * 2 + half] = drawn;
      }
    }
    StagedRows<D, TILE, THREADS> staged;
    staged.fetch(v, key, keys, head);
    float s[TILE / 8][4];
    if (active) rows.template dot<TILE>(s, tileK);
    staged.store(tileV, 1.f, v, key, keys, head);
    __syncthreads();  // V is here, K may be overwritten
    if (active) {
      const bool anyBias = bias[lane] != 0.f || bias[lane + 32] != 0.f || queryBias[0] != 0.f ||
                           queryBias[1] != 0.f;
      if (__ballot_sync(~0u, anyBias)) {
#pragma unroll
        for (int n = 0; n < TILE / 8; n++) {
#pragma unroll
          for (int e = 0; e < 4; e++) {
            s[n][e] = masked_score(s[n][e], fminf(bias[n * 8 + pair + (e & 1)], queryBias[e >> 1]));
          }
        }
      }
#pragma unroll
      for (int r = 0; r < 2; r++) {
        float max = largest[r];
#pragma unroll
        for (int n = 0; n < TILE / 8; n++) max = fmaxf(max, fmaxf(s[n][2 * r], s[n][2 * r + 1]));
        max = four_lanes_max(max);
        const float shrink = power_of_two(largest[r] - max);
        largest[r] = max;
        total[r] *= shrink;
#pragma unroll
        for (int d = 0; d < D / 8; d++) {
          sum[d][2 * r] *= shrink;
          sum[d][2 * r + 1] *= shrink;
        }
#pragma unroll
        for (int n = 0; n < TILE / 8; n++) {
          s[n][2 * r] = power_of_two(s[n][2 * r] - max);
          s[n][2 * r + 1] = power_of_two(s[n][2 * r + 1] - max);
          total[r] += s[n][2 * r] + s[n][2 * r + 1];
        }
      }
      if (dropout.threshold) {
        const u32 other = __shfl_xor_sync(~0u, drawn, 1);
        const u32 bits[2] = {(lane & 1 ? other : drawn) >> (lane & 1) * 2,
                             (lane & 1 ? drawn : other) >> (lane & 1) * 2};
#pragma unroll
        for (int n = 0; n < TILE / 8; n++) {
#pragma unroll
          for (int e = 0; e < 4; e++) {
            if (!(bits[e >> 1] >> (4 * n + (e & 1)) & 1)) s[n][e] = 0.f;
          }
        }
      }
    }
    if (key + TILE < attended) staged.fetch(k, key + TILE, keys, head);
    if (active) add_weighted<D, TILE>(sum, s, tileV);
    if (key + TILE < attended) {
      staged.store(tileK, 1.f, k, key + TILE, keys, head);
      if (threadIdx.x < TILE) {
        keyBias[(key + TILE & TILE) + threadIdx.x] =
            mask_bias(keyMask, head.sequence, key + TILE + threadIdx.x, keys);
      }
    }
    __syncthreads();  // the next K is here, V may be overwritten
  }
  if (!active) return;

  float inverse[2];
#pragma unroll
  for (int r = 0; r < 2; r++) {
    inverse[r] = 1.f / four_lanes_sum(total[r]);
    if ((lane & 3) == 0 && row + 8 * r < queries) {
      *(float2*)(saved + saved_at(pairRow + row + 8 * r, keys)) = {largest[r], inverse[r]};
    }
    if (dropout.threshold) inverse[r] *= dropout.scale;
  }
  store_rows<D>(out + head.first(queries), sum, row, queries, inverse, head);
}

#define FORWARD(D, WARPS, BLOCKS)                                                                      \
  extern "C" __global__ void __launch_bounds__(32 * WARPS, BLOCKS) attention_bf16_##D##_##WARPS(       \
      const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ v,           \
      const float* __restrict__ keyMask, const float* __restrict__ queryMask, u32 threshold,           \
      float kept, u64 seed, u64 stream, const u64* __restrict__ base, float* __restrict__ out,         \
      float* __restrict__ saved, int heads, int queries, int keys, int headDim, float scale) {         \
    AttentionDropout dropout(threshold, kept, seed, stream, base);                                     \
    forward_bf16<D, WARPS>(q, k, v, keyMask, queryMask, dropout, out, saved, heads, queries, keys,     \
                           headDim, scale);                                                            \
  }                                                                                                    \
  KERNEL(attention_bf16_##D##_##WARPS)

FORWARD(32, 4, 3)
FORWARD(32, 8, 2)
FORWARD(64, 4, 3)
FORWARD(64, 8, 2)
FORWARD(128, 4, 2)
