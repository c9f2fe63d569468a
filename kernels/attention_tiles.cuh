// Tiles of fp32 for the attention kernels that do without tensor cores.
//
// A warp owns 4·ROWS rows of a tile and walks over columns in tiles of 32. Lane 8·g + c holds rows
// g·ROWS … of its warp and the four neighbouring columns 4c … 4c+3. Column j of a tile lies in row
// 8·(j mod 4) + j / 4 of shared memory: the eight lanes of a quarter warp then read neighbouring rows,
// which the padding of 4 floats spreads over all banks.
#pragma once

#include "attention.cuh"
#include "tensor_core.cuh"

#define COLUMNS 32
#define WEIGHT_STRIDE 36

__device__ __forceinline__ int column_of(int row) { return (row & 7) * 4 + (row >> 3); }

// Copies COUNT rows from `first` on to shared memory, zeros beyond the end and beyond the head; complete
// after copy_async_wait and a barrier.
template <int D, int COUNT, int THREADS, bool AS_COLUMNS>
__device__ __forceinline__ void load_rows(float* tile, const float* matrix, int first, int rows,
                                          const AttentionHead& head) {
  if (head.dim % 4 == 0) {
#pragma unroll 1
    for (int i = threadIdx.x; i < COUNT * (D / 4); i += THREADS) {
      int r = i / (D / 4), d = i % (D / 4) * 4;
      int row = first + (AS_COLUMNS ? column_of(r) : r);
      float* to = tile + r * (D + 4) + d;
      if (row < rows && d < head.dim) {
        copy_async_16(to, matrix + (long long)row * head.width + d);
      } else {
        *(float4*)to = make_float4(0, 0, 0, 0);
      }
    }
  } else {
#pragma unroll 1
    for (int i = threadIdx.x; i < COUNT * D; i += THREADS) {
      int r = i / D, d = i % D;
      int row = first + (AS_COLUMNS ? column_of(r) : r);
      bool inside = row < rows && d < head.dim;
      tile[r * (D + 4) + d] = inside ? matrix[(long long)row * head.width + d] : 0.f;
    }
  }
}

// product[r][c] = Σ_d rows[r][d] · columns[c][d], of this lane's rows and columns.
template <int D, int ROWS>
__device__ __forceinline__ void dot_rows(float (&product)[ROWS][4], const float* rows,
                                         const float* columns) {
  int lane = threadIdx.x & 31;
  rows += (lane >> 3) * ROWS * (D + 4);
  columns += (lane & 7) * (D + 4);
#pragma unroll
  for (int r = 0; r < ROWS; r++) product[r][0] = product[r][1] = product[r][2] = product[r][3] = 0.f;
#pragma unroll 2
  for (int d = 0; d < D; d += 4) {
    float4 y[4];
#pragma unroll
    for (int c = 0; c < 4; c++) y[c] = *(const float4*)(columns + c * 8 * (D + 4) + d);
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      float4 x = *(const float4*)(rows + r * (D + 4) + d);
#pragma unroll
      for (int c = 0; c < 4; c++) {
        product[r][c] = fmaf(x.x, y[c].x, product[r][c]);
        product[r][c] = fmaf(x.y, y[c].y, product[r][c]);
        product[r][c] = fmaf(x.z, y[c].z, product[r][c]);
        product[r][c] = fmaf(x.w, y[c].w, product[r][c]);
      }
    }
  }
}

// Draws the factors of this lane's weights into the warp's `weights`, for the lane itself to read.
// The index is that of its first element; the factors of a row follow each other. Not unrolled: Philox
// of all rows at once would take more registers than there are.
template <int ROWS>
__device__ __forceinline__ void draw_factors(float* weights, const AttentionDropout& dropout, u64 index,
                                             int keys) {
  int lane = threadIdx.x & 31;
  weights += (lane >> 3) * ROWS * WEIGHT_STRIDE + (lane & 7) * 4;
  __syncwarp();  // what lay there before has been read
#pragma unroll 1
  for (int r = 0; r < ROWS; r++, index += keys) {
    *(float4*)(weights + r * WEIGHT_STRIDE) = dropout.four(index);
  }
}

// The same where rows are keys and columns are queries: the four rows of a lane, which are neighbours,
// follow each other. The index is that of the lane's first row in the tile's first column.
template <int ROWS>
__device__ __forceinline__ void draw_transposed(float* weights, const AttentionDropout& dropout,
                                                u64 index, int keys) {
  static_assert(ROWS == 4, "four keys share a Philox block");
  int lane = threadIdx.x & 31;
  weights += (lane >> 3) * ROWS * WEIGHT_STRIDE + (lane & 7) * 4;
  index += (u64)(lane & 7) * 4 * keys;
  __syncwarp();  // what lay there before has been read
#pragma unroll 1
  for (int c = 0; c < 4; c++, index += keys) {
    const float4 f = dropout.four(index);
    weights[c] = f.x;
    weights[WEIGHT_STRIDE + c] = f.y;
    weights[2 * WEIGHT_STRIDE + c] = f.z;
    weights[3 * WEIGHT_STRIDE + c] = f.w;
  }
}

// w ⊙= factors, as drawn.
template <int ROWS>
__device__ __forceinline__ void multiply_drawn(float (&w)[ROWS][4], const float* weights) {
  int lane = threadIdx.x & 31;
  weights += (lane >> 3) * ROWS * WEIGHT_STRIDE + (lane & 7) * 4;
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    float4 f = *(const float4*)(weights + r * WEIGHT_STRIDE);
    w[r][0] *= f.x;
    w[r][1] *= f.y;
    w[r][2] *= f.z;
    w[r][3] *= f.w;
  }
}

// Lays this lane's weights down for the other lanes of its warp, whose rows start at `weights`.
template <int ROWS>
__device__ __forceinline__ void share_weights(float* weights, const float (&w)[ROWS][4]) {
  int lane = threadIdx.x & 31;
  weights += (lane >> 3) * ROWS * WEIGHT_STRIDE + (lane & 7) * 4;
  __syncwarp();  // what lay there before has been read
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    *(float4*)(weights + r * WEIGHT_STRIDE) = make_float4(w[r][0], w[r][1], w[r][2], w[r][3]);
  }
  __syncwarp();
}

// sum[r][4k+e] += Σ_j weights[r][j] · columns[j][4c + 32k + e] with c = lane mod 8.
template <int D, int ROWS, bool AS_COLUMNS>
__device__ __forceinline__ void add_weighted(float (&sum)[ROWS][D / 8], const float* weights,
                                             const float* columns) {
  int lane = threadIdx.x & 31;
  weights += (lane >> 3) * ROWS * WEIGHT_STRIDE;
  columns += (lane & 7) * 4;
#pragma unroll 1
  for (int j = 0; j < COLUMNS; j += 4) {
    float4 w[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) w[r] = *(const float4*)(weights + r * WEIGHT_STRIDE + j);
#pragma unroll
    for (int e = 0; e < 4; e++) {
      const float* column = columns + (AS_COLUMNS ? e * 8 + j / 4 : j + e) * (D + 4);
#pragma unroll
      for (int k = 0; k < D / 32; k++) {
        float4 y = *(const float4*)(column + 32 * k);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
          float x = e == 0 ? w[r].x : e == 1 ? w[r].y : e == 2 ? w[r].z : w[r].w;
          sum[r][4 * k] = fmaf(x, y.x, sum[r][4 * k]);
          sum[r][4 * k + 1] = fmaf(x, y.y, sum[r][4 * k + 1]);
          sum[r][4 * k + 2] = fmaf(x, y.z, sum[r][4 * k + 2]);
          sum[r][4 * k + 3] = fmaf(x, y.w, sum[r][4 * k + 3]);
        }
      }
    }
  }
}

// Writes factor · sum to a row of the head.
template <int D>
__device__ __forceinline__ void store_row(float* row, const float (&sum)[D / 8], float factor,
                                          const AttentionHead& head) {
#pragma unroll
  for (int k = 0; k < D / 32; k++) {
    float4 x = make_float4(factor * sum[4 * k], factor * sum[4 * k + 1], factor * sum[4 * k + 2],
                           factor * sum[4 * k + 3]);
    store_four(row, 32 * k + (threadIdx.x & 7) * 4, x, head);
  }
}

// The largest of the eight lanes that share rows, and their sum.
__device__ __forceinline__ float quarter_max(float x) {
#pragma unroll
  for (int k = 4; k; k >>= 1) x = fmaxf(x, __shfl_xor_sync(~0u, x, k));
  return x;
}

__device__ __forceinline__ float quarter_sum(float x) {
#pragma unroll
  for (int k = 4; k; k >>= 1) x += __shfl_xor_sync(~0u, x, k);
  return x;
}
