// Sums and maxima over the threads of a warp or a block; every thread gets the result.
#pragma once

#include "device.cuh"

template <class T>
__device__ __forceinline__ T warp_sum(T x) {
#pragma unroll
  for (int k = 16; k; k >>= 1) x += __shfl_xor_sync(~0u, x, k);
  return x;
}

__device__ __forceinline__ float warp_max(float x) {
#pragma unroll
  for (int k = 16; k; k >>= 1) x = fmaxf(x, __shfl_xor_sync(~0u, x, k));
  return x;
}

// `scratch` holds 32 elements of shared memory; all threads of the block must call. The block is
// one-dimensional, its size a multiple of 32.
template <class T>
__device__ __forceinline__ T block_sum(T x, T* scratch) {
  int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
  x = warp_sum(x);
  __syncthreads();  // the scratch may still be read from the call before
  if (lane == 0) scratch[warp] = x;
  __syncthreads();
  return warp_sum(lane < warps ? scratch[lane] : T(0));
}

__device__ __forceinline__ float block_max(float x, float* scratch) {
  int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
  x = warp_max(x);
  __syncthreads();
  if (lane == 0) scratch[warp] = x;
  __syncthreads();
  return warp_max(lane < warps ? scratch[lane] : -INFINITY);
}
