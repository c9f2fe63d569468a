// Sums down the columns of a matrix by blocks that are themselves matrices: `width` units side by
// side (a unit is one column, or four neighbours), blockDim / width rows of threads.
//
// Each thread walks down its column in steps of the block's height, then the rows of threads are
// folded in a fixed order: the result does not depend on timing.
#pragma once

#include "flat.cuh"

__device__ __forceinline__ float plus(float a, float b) { return a + b; }
__device__ __forceinline__ float4 plus(float4 a, float4 b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}
template <class V>
__device__ __forceinline__ V zero();
template <>
__device__ __forceinline__ float zero<float>() { return 0.f; }
template <>
__device__ __forceinline__ float4 zero<float4>() { return splat4(0.f); }

// Where a thread stands in its block; threads that fill no whole row are idle.
struct BlockCell {
  int row, col, width, height;

  __device__ explicit BlockCell(int width) : width(width), height((int)blockDim.x / width) {
    row = (int)threadIdx.x / width;
    col = (int)threadIdx.x - row * width;
  }
  __device__ bool idle() const { return row >= height; }
};

// The sum of `mine` over the rows of threads, for the threads of row 0. `shared` holds blockDim
// elements; all threads of the block must call.
template <class V>
__device__ __forceinline__ V fold_rows(V mine, const BlockCell& cell, V* shared) {
  if (!cell.idle()) shared[threadIdx.x] = mine;
  for (int rows = cell.height; rows > 1;) {
    int half = (rows + 1) / 2;
    __syncthreads();
    if (cell.row < rows - half) {
      shared[threadIdx.x] = plus(shared[threadIdx.x], shared[threadIdx.x + half * cell.width]);
    }
    rows = half;
  }
  __syncthreads();
  return shared[cell.idle() ? 0 : threadIdx.x];
}
