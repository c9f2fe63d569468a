// Philox 4×32-10 (Salmon, Moraes, Dror, Shaw, SC 2011): random numbers as a function of
// (seed, stream, index), the same as dev.mmib.backend.Philox gives, bit for bit.
//
// The counter is (index/4 low, index/4 high, stream low, stream high), the key is the seed; element i
// uses word i mod 4. A kernel's stream is relative: *base is added, so that a captured graph draws new
// numbers in every replay.
#pragma once

#include "device.cuh"

// The words of elements 4·block .. 4·block+3.
__device__ __forceinline__ uint4 philox(u64 seed, u64 stream, u64 block) {
  u32 c0 = (u32)block, c1 = (u32)(block >> 32), c2 = (u32)stream, c3 = (u32)(stream >> 32);
  u32 k0 = (u32)seed, k1 = (u32)(seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    u64 p0 = (u64)0xD2511F53u * c0, p1 = (u64)0xCD9E8D57u * c2;
    c0 = (u32)(p1 >> 32) ^ c1 ^ k0;
    c2 = (u32)(p0 >> 32) ^ c3 ^ k1;
    c1 = (u32)p1;
    c3 = (u32)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return make_uint4(c0, c1, c2, c3);
}

__device__ __forceinline__ u32 philox_word(const uint4& words, int i) {
  return i == 0 ? words.x : i == 1 ? words.y : i == 2 ? words.z : words.w;
}

// A word as a uniform number in [0, 1) with 24 bits, exact in float.
__device__ __forceinline__ float philox_uniform(u32 word) { return (word >> 8) * 0x1p-24f; }

// Two words as one standard normal number (Box and Muller 1958); elements 2j and 2j+1 take cosine and
// sine of the same pair.
__device__ __forceinline__ float philox_normal(u32 word0, u32 word1, bool sine) {
  float radius = sqrtf(-2.f * logf(((word0 >> 8) + 1) * 0x1p-24f));
  float turns = 2.f * philox_uniform(word1);
  return radius * (sine ? sinpif(turns) : cospif(turns));
}

// Dropout as kernels get it: an element is dropped whose word, shifted right by 8, is below
// `threshold` = ⌈p·2^24⌉ (the same decision as uniform < p), and kept ones are multiplied by
// `scale` = 1/(1−p). A threshold of 0 drops nothing.
__device__ __forceinline__ float dropout_factor(u32 word, u32 threshold, float scale) {
  return (word >> 8) < threshold ? 0.f : scale;
}

// The factor of one element, for kernels that do not walk in fours.
__device__ __forceinline__ float dropout_factor_at(u32 threshold, float scale, u64 seed, u64 stream,
                                                   u64 index) {
  if (threshold == 0) return 1.f;
  return dropout_factor(philox_word(philox(seed, stream, index >> 2), (int)(index & 3)), threshold,
                        scale);
}
