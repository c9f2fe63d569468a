// What the attention kernels share: where a head lies, masks, dropout in fours, rows in fours.
//
// Q and out are [batch, queries, heads·headDim], K and V [batch, keys, heads·headDim]; the masks are
// [batch, keys] and [batch, queries] or null. Blocks are numbered tile first, then head, then sequence.
//
// `saved` holds two floats for each row of P: the largest score m and 1 / Σ exp(s − m), so that
// P = exp(s − m) · saved is found again without the rounding of a log-sum-exp, and rows that are
// masked throughout (s = m = −1e9) need no case of their own.
#pragma once

#include "philox.cuh"

#define MASKED_SCORE -1e9f

// One (sequence, head) pair and this block's tile of its queries or keys.
struct AttentionHead {
  int tile;
  int pair;  // sequence · heads + head
  int sequence;
  int column;  // where the head starts in a row
  int width;
  int dim;

  __device__ __forceinline__ AttentionHead(int tiles, int heads, int headDim) {
    tile = blockIdx.x % tiles;
    pair = blockIdx.x / tiles;
    sequence = pair / heads;
    column = pair % heads * headDim;
    width = heads * headDim;
    dim = headDim;
  }

  // Index of the head's first element in a [batch, rows, width] array.
  __device__ __forceinline__ long long first(int rows) const {
    return (long long)sequence * rows * width + column;
  }
};

// 0 for what may be attended to, −1e9 for what is masked, −∞ beyond the end.
__device__ __forceinline__ float mask_bias(const float* mask, int sequence, int i, int n) {
  if (i >= n) return -INFINITY;
  return mask && mask[(long long)sequence * n + i] == 0.f ? MASKED_SCORE : 0.f;
}

__device__ __forceinline__ float masked_score(float score, float bias) {
  return bias == 0.f ? score : bias;
}

// How many keys the queries of a sequence attend to: all up to the last that is not masked, so that the
// padding of short texts costs nothing; or all of them, where rows that are masked throughout attend
// uniformly. To be called by whole warps.
__device__ __forceinline__ int attended_keys(const float* keyMask, const float* queryMask, int sequence,
                                             int keys) {
  if (!keyMask || queryMask) return keys;
  int last = 0;
  for (int j = threadIdx.x & 31; j < keys; j += 32) {
    if (keyMask[(long long)sequence * keys + j] != 0.f) last = j + 1;
  }
#pragma unroll
  for (int k = 16; k; k >>= 1) last = max(last, __shfl_xor_sync(~0u, last, k));
  return last ? last : keys;
}

struct AttentionDropout {
  u32 threshold;
  float scale;
  u64 seed, stream;

  __device__ __forceinline__ AttentionDropout(u32 threshold, float scale, u64 seed, u64 stream,
                                              const u64* base)
      : threshold(threshold), scale(scale), seed(seed), stream(threshold ? stream + *base : stream) {}

  __device__ __forceinline__ float factor(u32 word) const {
    return dropout_factor(word, threshold, scale);
  }

  __device__ __forceinline__ float at(u64 index) const {
    return dropout_factor_at(threshold, scale, seed, stream, index);
  }

  // The words of elements index … index + 3: one Philox call where they share a block.
  __device__ __forceinline__ uint4 words(u64 index) const {
    uint4 w = philox(seed, stream, index >> 2);
    const int shift = (int)(index & 3);
    if (shift) {
      uint4 next = philox(seed, stream, (index >> 2) + 1);
      for (int i = 0; i < shift; i++) {
        w = make_uint4(w.y, w.z, w.w, next.x);
        next = make_uint4(next.y, next.z, next.w, 0);
      }
    }
    return w;
  }

  // Their factors.
  __device__ __forceinline__ float4 four(u64 index) const {
    const uint4 w = words(index);
    return make_float4(factor(w.x), factor(w.y), factor(w.z), factor(w.w));
  }

  // Bit i is set if element index + i is kept.
  __device__ __forceinline__ u32 kept_of_four(u64 index) const {
    const uint4 w = words(index);
    return (u32)((w.x >> 8) >= threshold) | (u32)((w.y >> 8) >= threshold) << 1 |
           (u32)((w.z >> 8) >= threshold) << 2 | (u32)((w.w >> 8) >= threshold) << 3;
  }
};

// Four dimensions of a row, zeros beyond the head.
__device__ __forceinline__ float4 load_four(const float* row, int d, const AttentionHead& head) {
  if (head.dim % 4 == 0) return d < head.dim ? *(const float4*)(row + d) : make_float4(0, 0, 0, 0);
  float x[4];
#pragma unroll
  for (int e = 0; e < 4; e++) x[e] = d + e < head.dim ? row[d + e] : 0.f;
  return make_float4(x[0], x[1], x[2], x[3]);
}

__device__ __forceinline__ void store_four(float* row, int d, const float4& x, const AttentionHead& head) {
  if (head.dim % 4 == 0) {
    if (d < head.dim) *(float4*)(row + d) = x;
    return;
  }
  if (d < head.dim) row[d] = x.x;
  if (d + 1 < head.dim) row[d + 1] = x.y;
  if (d + 2 < head.dim) row[d + 2] = x.z;
  if (d + 3 < head.dim) row[d + 3] = x.w;
}
