// Tiles for attention on tensor cores: fp32 in memory, bf16 in shared memory, fp32 sums in registers.
//
// A warp owns 16 rows. Products are m16n8k16: lane l holds, of each 8 columns, columns 2·(l mod 4) and the
// next of rows l / 4 and l / 4 + 8. Sums of one product become factors of the next without moving (Dao,
// FlashAttention-2, ICLR 2024). Tiles are 64 columns long; their rows are padded by 16 bytes, so that the
// eight rows of an 8×8 matrix lie in different banks.
//
// Scores are kept as multiples of log 2, exponentials are powers of two: Q is multiplied by scale · log₂e
// when it is loaded. `saved` has for every row of P the largest score and 1 / Σ, as with fp32, and then the
// bits of dropout, so that Philox runs once: for each 64 keys two words, of which word g has in bit 4n + c
// whether key 8n + 4g + c is kept.
#pragma once

#include "attention.cuh"
#include "tensor_core.cuh"

#define TILE 64
#define LOG2_E 1.4426950408889634f

// 2^x, with an error of two units in the last place and no denormals: P is rounded to bf16 anyway.
__device__ __forceinline__ float power_of_two(float x) {
#ifdef __CUDACC__
  asm("ex2.approx.ftz.f32 %0, %0;" : "+f"(x));
  return x;
#else
  return exp2f(x);
#endif
}

__device__ __forceinline__ u32 pack_bf16(float x, float y) {
  __nv_bfloat162 pair = __floats2bfloat162_rn(x, y);
  return *(u32*)&pair;
}

// COUNT rows on their way to shared memory. Between fetch and store other work hides the latency.
template <int D, int COUNT, int THREADS>
struct StagedRows {
  static constexpr int ROWS_AT_ONCE = THREADS / (D / 4), STEPS = COUNT / ROWS_AT_ONCE;
  float4 x[STEPS];

  __device__ __forceinline__ void fetch(const float* matrix, int first, int rows,
                                        const AttentionHead& head) {
    if (head.dim % 4) return;  // rows are not aligned: left to `store`
    const int row = first + threadIdx.x / (D / 4), d = threadIdx.x % (D / 4) * 4;
    const float* from = matrix + (row * head.width + d);  // in a buffer, whose size is an int
#pragma unroll
    for (int s = 0; s < STEPS; s++, from += ROWS_AT_ONCE * head.width) {
      x[s] = make_float4(0, 0, 0, 0);
      if (row + s * ROWS_AT_ONCE < rows && d < head.dim) x[s] = *(const float4*)from;
    }
  }

  // Stores factor · rows, as bf16, zeros beyond the end and beyond the head; arguments as for `fetch`.
  __device__ __forceinline__ void store(__nv_bfloat16* tile, float factor, const float* matrix, int first,
                                        int rows, const AttentionHead& head) const {
    if (head.dim % 4) {
#pragma unroll 1
      for (int at = threadIdx.x; at < COUNT * D; at += THREADS) {
        const int row = first + at / D, d = at % D;
        float y = row < rows && d < head.dim ? matrix[(long long)row * head.width + d] : 0.f;
        tile[at / D * (D + 8) + d] = __float2bfloat16(factor * y);
      }
      return;
    }
    tile += threadIdx.x / (D / 4) * (D + 8) + threadIdx.x % (D / 4) * 4;
#pragma unroll
    for (int s = 0; s < STEPS; s++) {
      *(uint2*)(tile + s * ROWS_AT_ONCE * (D + 8)) = make_uint2(
          pack_bf16(factor * x[s].x, factor * x[s].y), pack_bf16(factor * x[s].z, factor * x[s].w));
    }
  }
};

template <int D, int COUNT, int THREADS>
__device__ __forceinline__ void load_bf16(__nv_bfloat16* tile, float factor, const float* matrix, int first,
                                          int rows, const AttentionHead& head) {
  StagedRows<D, COUNT, THREADS> staged;
  staged.fetch(matrix, first, rows, head);
  staged.store(tile, factor, matrix, first, rows, head);
}

// Dimensions 16k … 16k+15 of a warp's 16 rows, as left factor.
template <int D>
__device__ __forceinline__ void load_rows_fragment(u32* fragment, const __nv_bfloat16* rows, int k) {
  const int lane = threadIdx.x & 31;
  load_matrix_x4(fragment, rows + (lane & 15) * (D + 8) + k * 16 + (lane >> 4) * 8);
}

// A warp's 16 rows as left factors: in registers where there is room, else read from shared memory again.
template <int D, bool HELD>
struct RowFragments {
  u32 held[HELD ? D / 16 : 1][4];
  const __nv_bfloat16* rows;

  __device__ __forceinline__ explicit RowFragments(const __nv_bfloat16* rows) : rows(rows) {
    if constexpr (HELD) {
#pragma unroll
      for (int k = 0; k < D / 16; k++) load_rows_fragment<D>(held[k], rows, k);
    }
  }

  // product = rows · columnsᵀ for COUNT columns.
  template <int COUNT>
  __device__ __forceinline__ void dot(float (&product)[COUNT / 8][4], const __nv_bfloat16* columns) const {
    const int lane = threadIdx.x & 31;
    columns += ((lane & 7) + ((lane >> 4) << 3)) * (D + 8) + ((lane >> 3) & 1) * 8;
#pragma unroll
    for (int n = 0; n < COUNT / 8; n++) product[n][0] = product[n][1] = product[n][2] = product[n][3] = 0.f;
#pragma unroll
    for (int k = 0; k < D / 16; k++) {
      u32 a[4];
      if (HELD) {
#pragma unroll
        for (int e = 0; e < 4; e++) a[e] = held[HELD ? k : 0][e];
      } else {
        load_rows_fragment<D>(a, rows, k);
      }
#pragma unroll
      for (int n = 0; n < COUNT / 16; n++) {
        u32 b[4];
        load_matrix_x4(b, columns + n * 16 * (D + 8) + k * 16);
        mma_m16n8k16(product[2 * n], a, b);
        mma_m16n8k16(product[2 * n + 1], a, b + 2);
      }
    }
  }
};

// sum += weights · columns, the weights as they came out of a product with COUNT columns.
template <int D, int COUNT>
__device__ __forceinline__ void add_weighted(float (&sum)[D / 8][4], const float (&weights)[COUNT / 8][4],
                                             const __nv_bfloat16* columns) {
  const int lane = threadIdx.x & 31;
  columns += (lane & 15) * (D + 8) + (lane >> 4) * 8;
#pragma unroll
  for (int k = 0; k < COUNT / 16; k++) {
    const u32 a[4] = {pack_bf16(weights[2 * k][0], weights[2 * k][1]),
                      pack_bf16(weights[2 * k][2], weights[2 * k][3]),
                      pack_bf16(weights[2 * k + 1][0], weights[2 * k + 1][1]),
                      pack_bf16(weights[2 * k + 1][2], weights[2 * k + 1][3])};
#pragma unroll
    for (int d = 0; d < D / 16; d++) {
      u32 b[4];
      load_matrix_x4_transposed(b, columns + k * 16 * (D + 8) + d * 16);
      mma_m16n8k16(sum[2 * d], a, b);
      mma_m16n8k16(sum[2 * d + 1], a, b + 2);
    }
  }
}

// Writes factor · sum to the lane's two rows of [rows, width], `row` and row + 8.
template <int D>
__device__ __forceinline__ void store_rows(float* matrix, const float (&sum)[D / 8][4], int row, int rows,
                                           const float (&factor)[2], const AttentionHead& head) {
#pragma unroll
  for (int r = 0; r < 2; r++) {
    if (row + 8 * r >= rows) continue;
    float* to = matrix + (long long)(row + 8 * r) * head.width;
#pragma unroll
    for (int n = 0; n < D / 8; n++) {
      const int d = n * 8 + (threadIdx.x & 3) * 2;
      const float x = factor[r] * sum[n][2 * r], y = factor[r] * sum[n][2 * r + 1];
      if (head.dim % 2 == 0) {
        if (d < head.dim) *(float2*)(to + d) = {x, y};
      } else {
        if (d < head.dim) to[d] = x;
        if (d + 1 < head.dim) to[d + 1] = y;
      }
    }
  }
}

// The four lanes that share rows.
__device__ __forceinline__ float four_lanes_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(~0u, x, 1));
  return fmaxf(x, __shfl_xor_sync(~0u, x, 2));
}

__device__ __forceinline__ float four_lanes_sum(float x) {
  x += __shfl_xor_sync(~0u, x, 1);
  return x + __shfl_xor_sync(~0u, x, 2);
}

// Where a row of P has its part of `saved`, which begins with the largest score and the inverse sum; then
// come the words of the tiles.
__device__ __forceinline__ long long saved_at(long long row, int keys) {
  return row * (2 + 2 * ((keys + TILE - 1) / TILE));
}
