// Sums along an axis: y[o, i] = Σₐ x[o, a, i].
//
//   sum_columns  inner > 1, long axis: blocks of rows of threads (columns.cuh); y [outer, chunks, inner]
//   sum_short    inner > 1, short axis: a thread per output
//   sum_rows     inner = 1: a few lanes per output
//   sum_long     inner = 1, few and long rows: y [outer, chunks]
//
// Where an axis is cut into chunks, the same kernels add the chunks up in a second launch. Every sum is
// made in an order that depends on the sizes and the grid alone.
//
// `fours` = 1: inner (sum_rows: axis) is a multiple of 4 and threads read four neighbours.
#include "columns.cuh"
#include "reduce.cuh"

template <class V>
__device__ __forceinline__ void sum_tile(const V* x, V* y, int axis, int units, int width, V* shared) {
  BlockCell cell(width);
  int unit = (int)blockIdx.x * width + cell.col;
  bool inside = !cell.idle() && unit < units;
  int chunk = (int)blockIdx.y, chunks = (int)gridDim.y;
  long long o = blockIdx.z;
  int per = (axis + chunks - 1) / chunks;
  int begin = chunk * per, end = min(axis, begin + per);
  V sum = zero<V>();
  if (inside) {
    const V* from = x + o * axis * units + unit;
#pragma unroll 4
    for (int a = begin + cell.row; a < end; a += cell.height) {
      sum = plus(sum, from[(long long)a * units]);
    }
  }
  sum = fold_rows(sum, cell, shared);
  if (inside && cell.row == 0) y[(o * chunks + chunk) * units + unit] = sum;
}

// Grid (tiles of `width` units, chunks, outer). Shared: 16 bytes per thread with fours, otherwise 4.
extern "C" __global__ void sum_columns(int fours, const float* x, float* y, int axis, int inner,
                                       int width) {
  DYN_SHARED(float4, shared);
  if (fours) {
    sum_tile((const float4*)x, (float4*)y, axis, inner / 4, width, shared);
  } else {
    sum_tile(x, y, axis, inner, width, (float*)shared);
  }
}

template <class V>
__device__ __forceinline__ void sum_each(const V* x, V* y, int outer, int axis, int units) {
  long long n = (long long)outer * units;
  for (long long i = grid_thread(); i < n; i += grid_threads()) {
    u32 o = (u32)i / (u32)units, unit = (u32)i - o * (u32)units;
    const V* from = x + (long long)o * axis * units + unit;
    V sum = zero<V>();
#pragma unroll 4
    for (int a = 0; a < axis; a++) sum = plus(sum, from[(long long)a * units]);
    y[i] = sum;
  }
}

extern "C" __global__ void sum_short(int fours, const float* x, float* y, int outer, int axis,
                                     int inner) {
  if (fours) {
    sum_each((const float4*)x, (float4*)y, outer, axis, inner / 4);
  } else {
    sum_each(x, y, outer, axis, inner);
  }
}

// ------------------------------------------------------------------------------------- along the rows

__device__ __forceinline__ float across(float4 v) { return (v.x + v.y) + (v.z + v.w); }

// Σ x[i] over begin ≤ i < end by `threads` threads that count from `thread`; each gets its own share.
// The begin need not be aligned.
__device__ __forceinline__ float share_of_sum(const float* x, long long begin, long long end, int thread,
                                              int threads) {
  long long first = min((begin + 3) / 4 * 4, end), last = max(first, end / 4 * 4);
  float sum = 0.f;
  if (begin + thread < first) sum += x[begin + thread];
  for (long long i = last + thread; i < end; i += threads) sum += x[i];
#pragma unroll 4
  for (long long i = first + 4LL * thread; i < last; i += 4LL * threads) sum += across(load4(x, i));
  return sum;
}

// `lanes` (1, 2, 4 … 32) neighbouring threads make a sum. Whole warps; any grid.
extern "C" __global__ void sum_rows(int fours, const float* x, float* y, int rows, int axis, int lanes) {
  int lane = (int)threadIdx.x & (lanes - 1);
  long long rowsAtOnce = grid_threads() / lanes;
  // The threads of a warp stay together, so that all of them take part in the shuffles.
  for (long long r = grid_thread() / lanes; r - (((int)threadIdx.x & 31) / lanes) < rows;
       r += rowsAtOnce) {
    float sum = 0.f;
    if (r < rows) {
      const float* row = x + r * axis;
      if (fours) {
#pragma unroll 4
        for (int i = 4 * lane; i < axis; i += 4 * lanes) sum += across(load4(row, i));
      } else {
#pragma unroll 4
        for (int i = lane; i < axis; i += lanes) sum += row[i];
      }
    }
    for (int k = lanes / 2; k; k >>= 1) sum += __shfl_xor_sync(~0u, sum, k);
    if (r < rows && lane == 0) y[r] = sum;
  }
}

// Grid (chunks, rows).
extern "C" __global__ void sum_long(const float* x, float* y, int axis) {
  __shared__ float scratch[32];
  int chunk = (int)blockIdx.x, chunks = (int)gridDim.x;
  long long row = blockIdx.y;
  long long per = ((long long)axis + chunks - 1) / chunks;
  long long begin = min(chunk * per, (long long)axis), end = min((long long)axis, begin + per);
  float sum = share_of_sum(x, row * axis + begin, row * axis + end, (int)threadIdx.x, (int)blockDim.x);
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) y[row * chunks + chunk] = sum;
}

KERNEL(sum_columns)
KERNEL(sum_short)
KERNEL(sum_rows)
KERNEL(sum_long)
