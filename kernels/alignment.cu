// Losses that align two modalities: contrastive (InfoNCE, both ways) and adversarial (logistic).
//
//   info_nce       loss = ½ (mean_i −logSoftmax(S[i,:])[i] + mean_j −logSoftmax(S[:,j])[j]), S [n, n]
//   info_nce_grad  dS = dloss (softmax_rows(S) + softmax_columns(S) − 2 I) / 2n
//   logistic       loss = mean softplus(truth ? −x : x)
//   logistic_grad  dx = dloss (σ(x) − truth) / n
//
// InfoNCE takes two kernels either way: info_nce_statistics finds the largest number and
// Σ exp(S − largest) of every row and every column, then one of the other two uses them.
#include "rows.cuh"

// statistics [4, n]: maxima of the rows, their sums, maxima of the columns, their sums. Blocks of 1024
// threads, 32 rows or columns each; grid (⌈n / 32⌉, 2), y = 0 for rows and 1 for columns.
extern "C" __global__ void info_nce_statistics(const float* scores, float* statistics, int n) {
  __shared__ float shared[32][33];
  int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, first = blockIdx.x * 32;
  if (blockIdx.y == 0) {  // a warp a row
    int r = first + warp;
    if (r >= n) return;
    const float* row = scores + (long long)r * n;
    float top = -INFINITY, sum = 0;
    for (int c = lane; c < n; c += 32) top = fmaxf(top, row[c]);
    top = warp_max(top);
    for (int c = lane; c < n; c += 32) sum += expf(row[c] - top);
    sum = warp_sum(sum);
    if (lane == 0) statistics[r] = top, statistics[n + r] = sum;
    return;
  }
  // Columns: a lane walks down one, beside 31 others; then a warp gathers what 32 lanes have of one.
  int c = first + lane;
  float top = -INFINITY, sum = 0;
  if (c < n) {
    for (int r = warp; r < n; r += 32) top = fmaxf(top, scores[(long long)r * n + c]);
  }
  shared[warp][lane] = top;
  __syncthreads();
  top = warp_max(shared[lane][warp]);
  float largest = top;  // of column first + warp
  __syncthreads();
  if (lane == 0) shared[0][warp] = top;
  __syncthreads();
  top = shared[0][lane];
  __syncthreads();
  if (c < n) {
    for (int r = warp; r < n; r += 32) sum += expf(scores[(long long)r * n + c] - top);
  }
  shared[warp][lane] = sum;
  __syncthreads();
  sum = warp_sum(shared[lane][warp]);
  c = first + warp;
  if (lane == 0 && c < n) statistics[2 * n + c] = largest, statistics[3 * n + c] = sum;
}
KERNEL(info_nce_statistics)

// One block of any size.
extern "C" __global__ void info_nce(const float* scores, const float* statistics, float* loss, int n) {
  float sum = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    float own = scores[(long long)i * n + i];
    sum += statistics[i] - own + logf(statistics[n + i]);
    sum += statistics[2 * n + i] - own + logf(statistics[3 * n + i]);
  }
  sum = Block::sum(sum);
  if (threadIdx.x == 0) *loss = sum / (2.f * n);
}
KERNEL(info_nce)

// Grid (⌈n / threads⌉, any): threads walk down columns.
extern "C" __global__ void info_nce_grad(const float* scores, const float* statistics,
                                         const float* dloss, float* dscores, int n) {
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= n) return;
  float factor = *dloss / (2.f * n), top = statistics[2 * n + c], inverse = 1.f / statistics[3 * n + c];
  for (int r = blockIdx.y; r < n; r += gridDim.y) {
    long long at = (long long)r * n + c;
    float e = scores[at];
    float p = expf(e - statistics[r]) / statistics[n + r] + expf(e - top) * inverse;
    dscores[at] = factor * (r == c ? p - 2.f : p);
  }
}
KERNEL(info_nce_grad)

// Σ softplus(sign·x) / n over what this block gets, to result[block]; one block gives the loss.
extern "C" __global__ void logistic(const float* x, float sign, float* result, long long n) {
  float sum = 0;
  for (long long i = grid_thread(); i < n; i += grid_threads()) {
    float e = sign * x[i];
    sum += fmaxf(e, 0.f) + log1pf(expf(-fabsf(e)));
  }
  sum = Block::sum(sum);
  if (threadIdx.x == 0) result[blockIdx.x] = sum / n;
}
KERNEL(logistic)

// The loss from the parts of several blocks; one block.
extern "C" __global__ void logistic_finish(const float* parts, int count, float* loss) {
  float sum = 0;
  for (int i = threadIdx.x; i < count; i += blockDim.x) sum += parts[i];
  sum = Block::sum(sum);
  if (threadIdx.x == 0) *loss = sum;
}
KERNEL(logistic_finish)

extern "C" __global__ void logistic_grad(const float* x, float truth, const float* dloss, float* dx,
                                         long long n) {
  float factor = *dloss / n;
  for (long long i = grid_thread(); i < n; i += grid_threads()) {
    float e = expf(-fabsf(x[i])), tail = e / (1 + e);  // σ(−|x|)
    dx[i] = factor * (x[i] >= 0 ? (1 - truth) - tail : tail - truth);
  }
}
KERNEL(logistic_grad)
