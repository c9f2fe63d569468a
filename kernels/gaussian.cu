// The divergence of diagonal Gaussians from N(0, I), averaged over the rows that count:
//
//   kl      = ½ mean(mu² + exp(logVar) − 1 − logVar) over the n elements of rows whose mask is not 0
//   dmu     = dkl · mu/n
//   dlogVar = ½ dkl (exp(logVar) − 1)/n; both 0 in masked rows
//
// gaussian_kl leaves a sum and a count per block, gaussian_kl_mean makes the mean of them. The
// gradient takes the number of rows from kept_rows. mask is [rows], null where all rows count.
#include "flat.cuh"
#include "reduce.cuh"

// eˢ − 1 − s; near 0, where that cancels, by its series.
__device__ __forceinline__ float excess(float s) {
  if (fabsf(s) > 0.5f) return expm1f(s) - s;
  float sum = 1.f / 5040.f;
  sum = fmaf(sum, s, 1.f / 720.f);
  sum = fmaf(sum, s, 1.f / 120.f);
  sum = fmaf(sum, s, 1.f / 24.f);
  sum = fmaf(sum, s, 1.f / 6.f);
  sum = fmaf(sum, s, 0.5f);
  return sum * s * s;
}

// sums holds two doubles per block: Σ (mu² + exp(logVar) − 1 − logVar), and of how many elements.
extern "C" __global__ void gaussian_kl(const float* mu, const float* logVar, const float* mask,
                                       double* sums, int rows, int cols) {
  __shared__ double scratch[32];
  long long n = (long long)rows * cols;
  float mine = 0.f;  // no term is negative, and a thread has few
  int counted = 0;
  for (long long i = grid_thread(); i < n; i += grid_threads()) {
    if (mask && mask[(u32)i / (u32)cols] == 0.f) continue;
    float m = mu[i];
    mine += fmaf(m, m, excess(logVar[i]));
    counted++;
  }
  double sum = block_sum((double)mine, scratch);
  double count = block_sum((double)counted, scratch);
  if (threadIdx.x == 0) {
    sums[2 * blockIdx.x] = sum;
    sums[2 * blockIdx.x + 1] = count;
  }
}

// One block.
extern "C" __global__ void gaussian_kl_mean(const double* sums, int blocks, float* kl) {
  __shared__ double scratch[32];
  double sum = 0, count = 0;
  for (int b = (int)threadIdx.x; b < blocks; b += (int)blockDim.x) {
    sum += sums[2 * b];
    count += sums[2 * b + 1];
  }
  sum = block_sum(sum, scratch);
  count = block_sum(count, scratch);
  if (threadIdx.x == 0) kl[0] = (float)(0.5 * sum / count);
}

// kept[0] = how many rows count. One block.
extern "C" __global__ void kept_rows(const float* mask, int rows, int* kept) {
  __shared__ int scratch[32];
  int count = 0;
  for (int r = (int)threadIdx.x; r < rows; r += (int)blockDim.x) count += mask[r] != 0.f;
  count = block_sum(count, scratch);
  if (threadIdx.x == 0) kept[0] = count;
}

// kept is read where there is a mask.
extern "C" __global__ void gaussian_kl_grad(const float* mu, const float* logVar, const float* mask,
                                            const int* kept, const float* dkl, float* dmu,
                                            float* dlogVar, int rows, int cols) {
  long long n = (long long)rows * cols;
  float factor = (float)(dkl[0] / ((double)(mask ? kept[0] : rows) * cols));
  for (long long i = grid_thread(); i < n; i += grid_threads()) {
    bool counts = !mask || mask[(u32)i / (u32)cols] != 0.f;
    dmu[i] = counts ? factor * mu[i] : 0.f;
    dlogVar[i] = counts ? 0.5f * factor * expm1f(logVar[i]) : 0.f;
  }
}

KERNEL(gaussian_kl)
KERNEL(gaussian_kl_mean)
KERNEL(kept_rows)
KERNEL(gaussian_kl_grad)
