// Rows scaled to length 1.
//
//   normalize_rows       invNorm[r] = 1/√(Σ x² + 1e-24), y = x · invNorm
//   normalize_rows_grad  dx = invNorm · (dy − y Σ dy⊙y)
//
// A block of any size a row, grid rows; the second pass over a row reads the cache.
#include "rows.cuh"

extern "C" __global__ void normalize_rows(const float* x, float* y, float* inv_norm, int rows, int cols) {
  long long at = (long long)blockIdx.x * cols;
  float squares = 0;
  for (int c = threadIdx.x; c < cols; c += blockDim.x) squares += x[at + c] * x[at + c];
  float factor = 1.f / sqrtf(Block::sum(squares) + 1e-24f);
  for (int c = threadIdx.x; c < cols; c += blockDim.x) y[at + c] = x[at + c] * factor;
  if (threadIdx.x == 0) inv_norm[blockIdx.x] = factor;
}
KERNEL(normalize_rows)

extern "C" __global__ void normalize_rows_grad(const float* y, const float* inv_norm, const float* dy,
                                               float* dx, int rows, int cols) {
  long long at = (long long)blockIdx.x * cols;
  float factor = inv_norm[blockIdx.x], dot = 0;
  for (int c = threadIdx.x; c < cols; c += blockDim.x) dot += dy[at + c] * y[at + c];
  dot = Block::sum(dot);
  for (int c = threadIdx.x; c < cols; c += blockDim.x) {
    dx[at + c] = factor * (dy[at + c] - y[at + c] * dot);
  }
}
KERNEL(normalize_rows_grad)
