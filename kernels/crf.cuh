// What the kernels of the conditional random field share: the arcs between neighbouring positions as
// a block walks them, and sums over the arcs that end in one tag.
//
// Tags at one end of the arcs are "targets", those at the other end "sources": forward recursions
// go from y_{t−1} to the target y_t, backward ones from y_{t+1} to the target y_t. A target belongs to
// a group of neighbouring lanes of one warp, which share its sources.
#pragma once

#include "device.cuh"

struct Arcs {
  const float* weights;
  long long target_stride, source_stride;
  int lanes;  // per target, a power of two up to 32

  __device__ __forceinline__ double operator()(int source, int target) const {
    return weights[target * target_stride + source * source_stride];
  }
};

// The smallest power of two that is not below tags, at most a warp.
__device__ __forceinline__ int crf_lanes(int tags) {
  int lanes = 1;
  while (lanes < tags && lanes < 32) lanes *= 2;
  return lanes;
}

// Arcs over `transitions` [tags, tags], from row to column. With a `table` in shared memory
// (tags² floats) they are copied there, the sources of a target side by side; the caller's next
// barrier ends the copying. Without one they stay where they are, and lanes are dealt out so that
// neighbours read neighbours.
__device__ __forceinline__ Arcs crf_arcs(const float* transitions, float* table, int tags,
                                         bool forward) {
  if (!table) {
    return forward ? Arcs{transitions, 1, tags, 1} : Arcs{transitions, tags, 1, crf_lanes(tags)};
  }
  for (int n = threadIdx.x; n < tags * tags; n += blockDim.x) {
    int from = n / tags, to = n % tags;
    table[forward ? to * tags + from : n] = transitions[n];
  }
  return Arcs{table, tags, 1, crf_lanes(tags)};
}

// The larger one; NaN if either is.
__device__ __forceinline__ double crf_larger(double a, double b) {
  return a > b || a != a ? a : b;
}

// log Σ exp term(i) over 0 ≤ i < count, shared by groups of `lanes` lanes; all threads of a warp must
// call. −∞ if all terms are.
template <class Term>
__device__ __forceinline__ double crf_log_sum_exp(int count, int lanes, Term term) {
  int lane = threadIdx.x & (lanes - 1);
  double most = -INFINITY;
  for (int i = lane; i < count; i += lanes) most = crf_larger(most, term(i));
  for (int k = lanes >> 1; k; k >>= 1) {
    most = crf_larger(most, __shfl_xor_sync(~0u, most, k));
  }
  double sum = 0;
  for (int i = lane; i < count; i += lanes) sum += exp(term(i) - most);
  for (int k = lanes >> 1; k; k >>= 1) sum += __shfl_xor_sync(~0u, sum, k);
  return most == -INFINITY ? most : most + log(sum);  // no path: −∞ − −∞ is NaN
}
