// Losses computed from logits.
//
//   cross_entropy       loss[r] = −w[t]·logSoftmax(x[r])[t] with t = targets[r]; 0 where t < 0
//   cross_entropy_grad  dx[r] = w[t]·dloss[r]·(softmax(x[r]) − onehot(t)); 0 where t < 0
//   binary_cross_entropy       loss = softplus(x) − target ⊙ x
//   binary_cross_entropy_grad  dx = dloss ⊙ (σ(x) − target)
//
// Cross entropy: _warp is a warp a row, ⌈rows / warps a block⌉ blocks; _block a block of any size a row.
// Weights may be null, for 1. The second pass over a row reads the cache.
#include "rows.cuh"

// The largest logit and Σ exp(x − largest) of a row; `cols` is 0 for a row beyond the last.
template <class Group>
__device__ __forceinline__ void max_and_sum(const float* x, int cols, float& top, float& sum) {
  float largest = -INFINITY, part = 0;
  for (int c = Group::rank(); c < cols; c += Group::size()) largest = fmaxf(largest, x[c]);
  top = Group::max(largest);
  for (int c = Group::rank(); c < cols; c += Group::size()) part += expf(x[c] - top);
  sum = Group::sum(part);
}

template <class Group>
__device__ __forceinline__ void cross_entropy(const float* x, const int* targets, const float* weights,
                                              float* loss, int rows, int cols) {
  int r = Group::row();
  bool valid = r < rows;
  int target = valid ? targets[r] : -1;
  x += (long long)r * cols;
  float top, sum;
  max_and_sum<Group>(x, target < 0 ? 0 : cols, top, sum);
  if (!valid || Group::rank() > 0) return;
  loss[r] = target < 0 ? 0.f : (weights ? weights[target] : 1.f) * (top - x[target] + logf(sum));
}

template <class Group>
__device__ __forceinline__ void cross_entropy_grad(const float* x, const int* targets,
                                                   const float* weights, const float* dloss, float* dx,
                                                   int rows, int cols) {
  int r = Group::row();
  bool valid = r < rows;
  int target = valid ? targets[r] : -1;
  x += (long long)r * cols;
  dx += (long long)r * cols;
  float top, sum;
  max_and_sum<Group>(x, target < 0 ? 0 : cols, top, sum);
  if (!valid) return;
  float factor = target < 0 ? 0.f : (weights ? weights[target] : 1.f) * dloss[r], inverse = 1.f / sum;
  for (int c = Group::rank(); c < cols; c += Group::size()) {
    dx[c] = target < 0 ? 0.f : factor * (expf(x[c] - top) * inverse - (c == target ? 1.f : 0.f));
  }
}

#define OVER(suffix, group)                                                                          \
  extern "C" __global__ void cross_entropy_##suffix(const float* x, const int* targets,              \
                                                    const float* weights, float* loss, int rows,     \
                                                    int cols) {                                      \
    cross_entropy<group>(x, targets, weights, loss, rows, cols);                                     \
  }                                                                                                  \
  KERNEL(cross_entropy_##suffix)                                                                     \
  extern "C" __global__ void cross_entropy_grad_##suffix(const float* x, const int* targets,         \
                                                         const float* weights, const float* dloss,   \
                                                         float* dx, int rows, int cols) {            \
    cross_entropy_grad<group>(x, targets, weights, dloss, dx, rows, cols);                           \
  }                                                                                                  \
  KERNEL(cross_entropy_grad_##suffix)

OVER(warp, Lanes<32>)
OVER(block, Block)

// Both without overflow, and exact where softplus(x) and target·x or σ(x) and target nearly cancel:
// softplus(x) = max(x, 0) + log1p(exp(−|x|)), σ(x) = 1 − σ(−x).
extern "C" __global__ void binary_cross_entropy(const float* x, const float* target, float* loss,
                                                long long n) {
  for (long long i = 4 * grid_thread(); i < n; i += 4 * grid_threads()) {
    int length = (int)min(4ll, n - i);
    Vec<4> v, t;
    load_first(v, x + i, length);
    load_first(t, target + i, length);
#pragma unroll
    for (int j = 0; j < 4; j++) {
      float e = v.at[j];
      v.at[j] = (e >= 0 ? 1 - t.at[j] : -t.at[j]) * e + log1pf(expf(-fabsf(e)));
    }
    store_first(v, loss + i, length);
  }
}
KERNEL(binary_cross_entropy)

extern "C" __global__ void binary_cross_entropy_grad(const float* x, const float* target,
                                                     const float* dloss, float* dx, long long n) {
  for (long long i = 4 * grid_thread(); i < n; i += 4 * grid_threads()) {
    int length = (int)min(4ll, n - i);
    Vec<4> v, t, d;
    load_first(v, x + i, length);
    load_first(t, target + i, length);
    load_first(d, dloss + i, length);
#pragma unroll
    for (int j = 0; j < 4; j++) {
      float e = expf(-fabsf(v.at[j])), tail = e / (1 + e);  // σ(−|x|)
      v.at[j] = d.at[j] * (v.at[j] >= 0 ? (1 - t.at[j]) - tail : tail - t.at[j]);
    }
    store_first(v, dx + i, length);
  }
}
KERNEL(binary_cross_entropy_grad)
