// What surrounds the matrix products of cuBLAS.
//
//   c[r, :] = bias                   before a product that adds to c
//   y = bfloat16(x), y = float(x)    rounding to nearest, ties to even
#include "device.cuh"

// Pointwise over rows · cols.
extern "C" __global__ void fill_rows(const float* bias, float* c, long long rows, int cols) {
  long long n = rows * cols;
  for (long long i = grid_thread(); i < n; i += grid_threads()) c[i] = bias[i % cols];
}

// Pointwise; two elements at once, as y is read and written in words.
extern "C" __global__ void to_bfloat16(const float* x, u32* y, int n) {
  long long pairs = n / 2;
  for (long long i = grid_thread(); i < pairs; i += grid_threads()) {
    float2 both = ((const float2*)x)[i];
    __nv_bfloat162 rounded = __floats2bfloat162_rn(both.x, both.y);
    y[i] = *(u32*)&rounded;
  }
  if (n % 2 == 1 && grid_thread() == 0) {
    __nv_bfloat162 rounded = __floats2bfloat162_rn(x[n - 1], 0.f);
    y[pairs] = *(u32*)&rounded;
  }
}

// Pointwise.
extern "C" __global__ void from_bfloat16(const __nv_bfloat16* x, float* y, int n) {
  for (long long i = grid_thread(); i < n; i += grid_threads()) y[i] = __bfloat162float(x[i]);
}

KERNEL(fill_rows)
KERNEL(to_bfloat16)
KERNEL(from_bfloat16)
