// Moving words of 4 bytes, floats and ints alike.
//
//   copy_blocks     dst[dstAt + n·dstStride + i] = src[srcAt + n·srcStride + i], i < block, n < count
//   permute         y[i…] = x[Σ iₐ·strideₐ]: any order of axes; fast where the innermost one stays
//   permute_swapped the same where another axis of x is innermost: through tiles in shared memory, so
//                   that both sides are read and written in whole lines
//
// `fours` = 1: a thread moves 16 bytes. Then block, places and strides (of permute: the innermost
// extent, whose stride is 1, and the other strides) are multiples of 4.
#include "device.cuh"

template <class Word>
__device__ __forceinline__ void copy_words(const Word* src, Word* dst, int srcStride, int dstStride,
                                           int block, int count) {
  long long n = (long long)block * count;
  for (long long i = grid_thread(); i < n; i += grid_threads()) {
    u32 row = (u32)i / (u32)block, at = (u32)i - row * (u32)block;
    dst[(long long)row * dstStride + at] = src[(long long)row * srcStride + at];
  }
}

extern "C" __global__ void copy_blocks(int fours, const u32* src, int srcAt, int srcStride, u32* dst,
                                       int dstAt, int dstStride, int block, int count) {
  src += srcAt;
  dst += dstAt;
  if (fours) {
    copy_words((const uint4*)src, (uint4*)dst, srcStride / 4, dstStride / 4, block / 4, count);
  } else {
    copy_words(src, dst, srcStride, dstStride, block, count);
  }
}

// --------------------------------------------------------------------------------------- permutations

// One axis is peeled off: `at` becomes the number within the axes further out.
__device__ __forceinline__ void peel(u32& at, int extent, int stride, long long& from) {
  u32 outer = at / (u32)extent;
  from += (long long)(at - outer * (u32)extent) * stride;
  at = outer;
}

// Axis 0 is the innermost one of y, d its extents, s the distance in x of neighbours along it.
extern "C" __global__ void permute(int fours, const u32* x, u32* y, int n, int rank,             //
                                   int d0, int d1, int d2, int d3, int d4, int d5, int d6, int d7,
                                   int s0, int s1, int s2, int s3, int s4, int s5, int s6, int s7) {
  auto from = [=](u32 at) {
    long long sum = 0;
    peel(at, d0, s0, sum);
    if (rank > 1) peel(at, d1, s1, sum);
    if (rank > 2) peel(at, d2, s2, sum);
    if (rank > 3) peel(at, d3, s3, sum);
    if (rank > 4) peel(at, d4, s4, sum);
    if (rank > 5) peel(at, d5, s5, sum);
    if (rank > 6) peel(at, d6, s6, sum);
    if (rank > 7) peel(at, d7, s7, sum);
    return sum;
  };
  if (fours) {
    for (long long i = 4 * grid_thread(); i < n; i += 4 * grid_threads()) {
      *(uint4*)(y + i) = *(const uint4*)(x + from((u32)i));
    }
  } else {
    for (long long i = grid_thread(); i < n; i += grid_threads()) y[i] = x[from((u32)i)];
  }
}

// Swaps two axes, of extents p (innermost in y, px apart in x) and q (innermost in x, qy apart in y);
// up to six more axes, innermost first: extents d, distances s in x and t in y. 256 threads; a block
// per tile of 32 × 32, tiles along p first, then along q, then those of the other axes.
extern "C" __global__ void permute_swapped(const u32* x, u32* y, int p, int q, int px, int qy,   //
                                           int rank,                                             //
                                           int d0, int d1, int d2, int d3, int d4, int d5,       //
                                           int s0, int s1, int s2, int s3, int s4, int s5,       //
                                           int t0, int t1, int t2, int t3, int t4, int t5) {
  __shared__ u32 tile[32][33];  // a column more, so that its columns lie in different banks
  u32 tilesP = ((u32)p + 31) / 32, tilesQ = ((u32)q + 31) / 32;
  u32 at = blockIdx.x / tilesP, outer = at / tilesQ;
  int firstP = (int)(blockIdx.x - at * tilesP) * 32, firstQ = (int)(at - outer * tilesQ) * 32;
  long long from = 0, to = 0;
  auto both = [&](int extent, int s, int t) {
    u32 rest = outer;
    peel(rest, extent, s, from);
    peel(outer, extent, t, to);
  };
  if (rank > 0) both(d0, s0, t0);
  if (rank > 1) both(d1, s1, t1);
  if (rank > 2) both(d2, s2, t2);
  if (rank > 3) both(d3, s3, t3);
  if (rank > 4) both(d4, s4, t4);
  if (rank > 5) both(d5, s5, t5);
  int lane = (int)threadIdx.x & 31, warp = (int)threadIdx.x >> 5;
#pragma unroll
  for (int k = 0; k < 4; k++) {
    int i = warp + 8 * k;
    if (firstP + i < p && firstQ + lane < q) {
      tile[i][lane] = x[from + (long long)(firstP + i) * px + firstQ + lane];
    }
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < 4; k++) {
    int i = warp + 8 * k;
    if (firstQ + i < q && firstP + lane < p) {
      y[to + (long long)(firstQ + i) * qy + firstP + lane] = tile[lane][i];
    }
  }
}

KERNEL(copy_blocks)
KERNEL(permute)
KERNEL(permute_swapped)
