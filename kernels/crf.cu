// The linear-chain conditional random field: sums over all tag sequences and their gradients, in log
// space and double precision.
//
//   score(y) = start[y₁] + Σ e[t, y_t] + Σ T[y_{t−1}, y_t] + end[y_n]      log p(y) = score(y) − log Z
//
//   α[1,j] = start[j] + e[1,j]     α[t,j] = e[t,j] + log Σᵢ exp(α[t−1,i] + T[i,j])
//   β[n,i] = end[i]                β[t,i] = log Σⱼ exp(T[i,j] + e[t+1,j] + β[t+1,j])
//   log Z  = log Σⱼ exp(α[n,j] + end[j])
//   P(y_t = j)              = exp(α[t,j] + β[t,j] − log Z)
//   P(y_{t−1} = i, y_t = j) = exp(α[t−1,i] + T[i,j] + e[t,j] + β[t,j] − log Z)
//
// emissions, alphas, betas [batch, tokens, tags], lengths [batch] from 1 to tokens, gold
// [batch, tokens], transitions [tags, tags], start, end [tags], log_partitions [batch].
#include "crf.cuh"
#include "reduce.cuh"

// Grid (batch, 1 or 2), any block up to 512; y = 0: alphas (may be null: not kept) and
// log_partitions, y = 1: betas. Dynamic shared memory: two rows of tags doubles unless `states`
// [batch, 2, 2, tags] holds them, then tags² floats if table_in_shared.
extern "C" __global__ void __launch_bounds__(512, 2)
    crf_recursions(const float* emissions, const int* lengths, const float* transitions,
                   const float* start, const float* end, double* alphas, double* betas,
                   double* log_partitions, double* states, int tokens, int tags,
                   int table_in_shared) {
  DYN_SHARED(double, shared);
  int b = blockIdx.x, length = lengths[b];
  bool forward = blockIdx.y == 0;
  double* state = states ? states + (2ll * b + blockIdx.y) * 2 * tags : shared;
  double* next = state + tags;
  float* table = (float*)(states ? shared : shared + 2ll * tags);
  Arcs arcs = crf_arcs(transitions, table_in_shared ? table : nullptr, tags, forward);

  long long first = (long long)b * tokens * tags;
  double* kept = forward ? alphas : betas;
  int t = forward ? 0 : length - 1;
  for (int j = threadIdx.x; j < tags; j += blockDim.x) {
    long long at = first + (long long)t * tags + j;
    double value = forward ? start[j] : end[j];
    state[j] = value + emissions[at];
    if (kept) kept[at] = forward ? state[j] : value;
  }
  __syncthreads();

  int groups = blockDim.x / arcs.lanes, group = threadIdx.x / arcs.lanes;
  bool writes = threadIdx.x % arcs.lanes == 0;
  for (int step = 1; step < length; step++) {
    t += forward ? 1 : -1;
    for (int base = 0; base < tags; base += groups) {
      int j = min(base + group, tags - 1);  // those beyond stay for the shuffles
      long long at = first + (long long)t * tags + j;
      double emission = emissions[at];
      double value = crf_log_sum_exp(tags, arcs.lanes, [&](int i) { return state[i] + arcs(i, j); });
      if (writes && base + group < tags) {
        next[j] = emission + value;
        if (kept) kept[at] = forward ? emission + value : value;
      }
    }
    __syncthreads();
    double* before = state;
    state = next;
    next = before;
  }
  if (forward && threadIdx.x < 32) {
    double value = crf_log_sum_exp(tags, 32, [&](int j) { return state[j] + end[j]; });
    if (threadIdx.x == 0) log_partitions[b] = value;
  }
}

// out[b] = score(gold[b]) − log Z. A warp per sequence; any grid of batch warps or more.
extern "C" __global__ void crf_log_likelihood(const float* emissions, const int* lengths,
                                              const float* transitions, const float* start,
                                              const float* end, const int* gold,
                                              const double* log_partitions, float* out, int batch,
                                              int tokens, int tags) {
  long long b = grid_thread() >> 5;
  if (b >= batch) return;
  int length = lengths[b];
  const int* y = gold + b * tokens;
  const float* e = emissions + b * tokens * tags;
  double score = 0;
  for (int t = threadIdx.x & 31; t < length; t += 32) {
    double before = t > 0 ? transitions[(long long)y[t - 1] * tags + y[t]] : start[y[t]];
    score += before + e[(long long)t * tags + y[t]];
    if (t == length - 1) score += end[y[t]];
  }
  score = warp_sum(score);
  if ((threadIdx.x & 31) == 0) out[b] = (float)(score - log_partitions[b]);
}

// p[b,t,j] = P(y_t = j), 0 past the end. Pointwise.
extern "C" __global__ void crf_marginals(const double* alphas, const double* betas,
                                         const double* log_partitions, const int* lengths, float* p,
                                         int batch, int tokens, int tags) {
  long long elements = (long long)batch * tokens * tags;
  for (long long n = grid_thread(); n < elements; n += grid_threads()) {
    long long row = n / tags;
    int b = (int)(row / tokens), t = (int)(row % tokens);
    p[n] = t < lengths[b] ? (float)exp(alphas[n] + betas[n] - log_partitions[b]) : 0.f;
  }
}

// de[b,t,j] = dout[b] · ([gold[b,t] = j] − P(y_t = j)), 0 past the end. Pointwise.
extern "C" __global__ void crf_emissions_grad(const double* alphas, const double* betas,
                                              const double* log_partitions, const int* lengths,
                                              const int* gold, const float* dout, float* demissions,
                                              int batch, int tokens, int tags) {
  long long elements = (long long)batch * tokens * tags;
  for (long long n = grid_thread(); n < elements; n += grid_threads()) {
    long long row = n / tags;
    int b = (int)(row / tokens), t = (int)(row % tokens), j = (int)(n % tags);
    double d = 0;
    if (t < lengths[b]) {
      double observed = gold[row] == j;
      d = dout[b] * (observed - exp(alphas[n] + betas[n] - log_partitions[b]));
    }
    demissions[n] = (float)d;
  }
}

// Shares of the gradients of T, start and end (one after another, tags² + 2 tags in all) that slices of
// the batch have: shares[slice, n] = Σ_{b of the slice} dout[b] · (observed − expected). Grid (enough
// for one thread per n, slices), blocks of at most 256; slice s has the sequences s, s + slices,
// s + 2 slices ….
extern "C" __global__ void __launch_bounds__(256)
crf_shares(const float* emissions, const int* lengths, const float* transitions, const double* alphas,
           const double* betas, const double* log_partitions, const int* gold, const float* dout,
           double* shares, int batch, int tokens, int tags) {
  long long n = grid_thread(), pairs = (long long)tags * tags, all = pairs + 2ll * tags;
  if (n >= all) return;
  bool pair = n < pairs, starts = n < pairs + tags;
  int i = (int)(n / tags), j = (int)(n % tags);
  double weight = pair ? transitions[n] : 0, share = 0;
  for (int b = blockIdx.y; b < batch; b += gridDim.y) {
    int length = lengths[b];
    long long first = (long long)b * tokens * tags;
    const int* y = gold + (long long)b * tokens;
    double partition = log_partitions[b], expected = 0;
    int observed = 0;
    if (pair) {
      const double* alpha = alphas + first + i;
      const double* beta = betas + first + j;
      const float* e = emissions + first + j;
#pragma unroll 4
      for (int t = 1; t < length; t++) {
        double before = alpha[(t - 1ll) * tags] - partition;
        double after = e[(long long)t * tags] + beta[(long long)t * tags];
        expected += exp(before + weight + after);
        observed += y[t - 1] == i && y[t] == j;
      }
    } else {
      int t = starts ? 0 : length - 1;
      long long at = first + (long long)t * tags + j;
      expected = exp(alphas[at] + betas[at] - partition);
      observed = y[t] == j;
    }
    share += dout[b] * (observed - expected);
  }
  shares[blockIdx.y * all + n] = share;
}

// The gradients themselves: sums of the shares over slices. Pointwise, over tags² + 2 tags.
extern "C" __global__ void crf_potentials_grad(const double* shares, float* dtransitions,
                                               float* dstart, float* dend, int slices, int tags) {
  long long pairs = (long long)tags * tags, all = pairs + 2ll * tags;
  for (long long n = grid_thread(); n < all; n += grid_threads()) {
    double sum = 0;
#pragma unroll 8
    for (int s = 0; s < slices; s++) sum += shares[s * all + n];
    float* to = n < pairs ? dtransitions + n
                          : n < pairs + tags ? dstart + (n - pairs) : dend + (n - pairs - tags);
    *to = (float)sum;
  }
}

KERNEL(crf_recursions)
KERNEL(crf_log_likelihood)
KERNEL(crf_marginals)
KERNEL(crf_emissions_grad)
KERNEL(crf_shares)
KERNEL(crf_potentials_grad)
