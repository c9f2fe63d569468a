// Who works on one row of a matrix: some neighbouring lanes of a warp (short rows, many of them), or a
// whole block (long rows). Kernels are written once, over either.
//
//   rank()  this thread among those of its row       size()  how many they are
//   row()   the row; may be beyond the last one for Lanes, whose threads must then stay for the sums
//   sum(x), max(x)  over the threads of the row; all threads of the block must call
#pragma once

#include "philox.cuh"
#include "reduce.cuh"

// L lanes a row, a power of two: a block of t threads works on t/L rows.
template <int L>
struct Lanes {
  static __device__ __forceinline__ int rank() { return threadIdx.x % L; }
  static __device__ __forceinline__ int size() { return L; }
  static __device__ __forceinline__ int row() { return (int)(grid_thread() / L); }

  template <class T>
  static __device__ __forceinline__ T sum(T x) {
#pragma unroll
    for (int k = L / 2; k; k >>= 1) x += __shfl_xor_sync(~0u, x, k);
    return x;
  }

  static __device__ __forceinline__ float max(float x) {
#pragma unroll
    for (int k = L / 2; k; k >>= 1) x = fmaxf(x, __shfl_xor_sync(~0u, x, k));
    return x;
  }
};

// A block of any number of threads a row.
struct Block {
  static __device__ __forceinline__ int rank() { return threadIdx.x; }
  static __device__ __forceinline__ int size() { return blockDim.x; }
  static __device__ __forceinline__ int row() { return blockIdx.x; }

  template <class T>
  static __device__ __forceinline__ T sum(T x) {
    __shared__ T scratch[32];
    return block_sum(x, scratch);
  }

  static __device__ __forceinline__ float max(float x) {
    __shared__ float scratch[32];
    return block_max(x, scratch);
  }
};

// W floats in registers, moved by one load or store. W is 1 or 4.
template <int W>
struct Vec {
  float at[W];

  __device__ __forceinline__ void load(const float* from) {
    if constexpr (W == 4) {
      float4 v = *(const float4*)from;
      at[0] = v.x, at[1] = v.y, at[2] = v.z, at[3] = v.w;
    } else {
      at[0] = *from;
    }
  }

  __device__ __forceinline__ void store(float* to) const {
    if constexpr (W == 4) {
      *(float4*)to = make_float4(at[0], at[1], at[2], at[3]);
    } else {
      *to = at[0];
    }
  }

  __device__ __forceinline__ void fill(float x) {
#pragma unroll
    for (int j = 0; j < W; j++) at[j] = x;
  }
};

// The first `length` of four floats; all four by one load or store, whose place is a multiple of 16 bytes.
__device__ __forceinline__ void load_first(Vec<4>& v, const float* from, int length) {
  if (length == 4) {
    v.load(from);
  } else {
#pragma unroll
    for (int j = 0; j < 4; j++) v.at[j] = j < length ? from[j] : 0.f;
  }
}

__device__ __forceinline__ void store_first(const Vec<4>& v, float* to, int length) {
  if (length == 4) {
    v.store(to);
  } else {
#pragma unroll
    for (int j = 0; j < 4; j++) {
      if (j < length) to[j] = v.at[j];
    }
  }
}

// x[at .. at+W) times its dropout factors; W = 4 walks in the fours that share a Philox block.
template <int W>
__device__ __forceinline__ void drop(Vec<W>& x, long long at, u32 threshold, float scale, u64 seed,
                                     u64 stream) {
  if constexpr (W == 4) {
    uint4 words = philox(seed, stream, at >> 2);
#pragma unroll
    for (int j = 0; j < W; j++) x.at[j] *= dropout_factor(philox_word(words, j), threshold, scale);
  } else {
    x.at[0] *= dropout_factor_at(threshold, scale, seed, stream, at);
  }
}

// The part of a row that one thread keeps in registers: K vectors, a group's width apart. What lies
// beyond the row (or in a row beyond the last) is filled with a neutral element and never stored.
template <class Group, int K, int W>
struct RowPart {
  Vec<W> v[K];

  static __device__ __forceinline__ int column(int k) { return (Group::rank() + k * Group::size()) * W; }

  __device__ __forceinline__ void load(const float* row, int cols, bool valid, float beyond) {
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (valid && column(k) < cols) {
        v[k].load(row + column(k));
      } else {
        v[k].fill(beyond);
      }
    }
  }

  __device__ __forceinline__ void store(float* row, int cols, bool valid) const {
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (valid && column(k) < cols) v[k].store(row + column(k));
    }
  }

  // Calls f on every element, with its place: f(v[k].at[j], k, j).
  template <class F>
  __device__ __forceinline__ void each(F f) {
#pragma unroll
    for (int k = 0; k < K; k++) {
#pragma unroll
      for (int j = 0; j < W; j++) f(v[k].at[j], k, j);
    }
  }
};
