// Pooling over the last two axes of [planes, height, width].
//
//   max_pool       y = the largest of each window and its index in the plane; the first of equals, a NaN
//                  is larger than any number
//   max_pool_grad  dx[i] = Σ dy of the windows whose largest i is
//   mean_pool      y = the mean of each cell
//   mean_pool_grad dx[i] = Σ dy / cell's size over the cells that i lies in
//
// Means over windows of one size are cuDNN's; it keeps no index of the largest, and has no cells.
//
// Gradients gather: a thread per element of dx goes through the windows that can hold it, in row-major
// order, so nothing is added by two threads. A window is an interval of rows times one of columns:
//
//   Windows    [o·stride − pad, o·stride − pad + kernel) within the plane
//   Cells      [⌊o·extent/outputs⌋, ⌈(o + 1)·extent/outputs⌉), which divide the plane
#include "reduce.cuh"

// The windows along one axis, and those that position i lies in: first ≤ o < last.
struct Windows {
  int extent, outputs, kernel, stride, pad;

  __device__ int begin(int o) const { return max(0, o * stride - pad); }
  __device__ int end(int o) const { return min(extent, o * stride - pad + kernel); }
  __device__ int first(int i) const { return max(0, (i + pad - kernel + stride) / stride); }
  __device__ int last(int i) const { return min(outputs, (i + pad) / stride + 1); }
};

struct Cells {
  int extent, outputs;

  __device__ int begin(int o) const { return (int)((long long)o * extent / outputs); }
  __device__ int end(int o) const { return (int)(((o + 1LL) * extent + outputs - 1) / outputs); }
  __device__ int size(int o) const { return end(o) - begin(o); }
  __device__ int first(int i) const { return (int)((long long)i * outputs / extent); }
  __device__ int last(int i) const { return (int)(((i + 1LL) * outputs + extent - 1) / extent); }
};

// An index of [planes, rows, cols] taken apart.
struct Place {
  u32 plane;
  int row, col;

  __device__ Place(u32 i, int rows, int cols) {
    u32 line = i / (u32)cols;
    col = (int)(i - line * (u32)cols);
    plane = line / (u32)rows;
    row = (int)(line - plane * (u32)rows);
  }
};

extern "C" __global__ void max_pool(const float* x, float* y, int* argmax, int planes, int height,
                                    int width, int outHeight, int outWidth, int kernelHeight,
                                    int kernelWidth, int strideHeight, int strideWidth, int padHeight,
                                    int padWidth) {
  Windows rows{height, outHeight, kernelHeight, strideHeight, padHeight};
  Windows cols{width, outWidth, kernelWidth, strideWidth, padWidth};
  long long n = (long long)planes * outHeight * outWidth;
  for (long long i = grid_thread(); i < n; i += grid_threads()) {
    Place at((u32)i, outHeight, outWidth);
    const float* plane = x + (long long)at.plane * height * width;
    int left = cols.begin(at.col), right = cols.end(at.col);
    int bottom = rows.end(at.row), best = rows.begin(at.row) * width + left;
    float largest = plane[best];
    for (int r = rows.begin(at.row); r < bottom; r++) {
      for (int j = r * width + left; j < r * width + right; j++) {
        float v = plane[j];
        if (v > largest || (v != v && largest == largest)) {
          largest = v;
          best = j;
        }
      }
    }
    y[i] = largest;
    argmax[i] = best;
  }
}

extern "C" __global__ void max_pool_grad(const int* argmax, const float* dy, float* dx, int planes,
                                         int height, int width, int outHeight, int outWidth,
                                         int kernelHeight, int kernelWidth, int strideHeight,
                                         int strideWidth, int padHeight, int padWidth) {
  Windows rows{height, outHeight, kernelHeight, strideHeight, padHeight};
  Windows cols{width, outWidth, kernelWidth, strideWidth, padWidth};
  long long n = (long long)planes * height * width;
  for (long long i = grid_thread(); i < n; i += grid_threads()) {
    Place at((u32)i, height, width);
    int index = at.row * width + at.col;
    int left = cols.first(at.col), right = cols.last(at.col), bottom = rows.last(at.row);
    float sum = 0.f;
    for (int r = rows.first(at.row); r < bottom; r++) {
      long long line = ((long long)at.plane * outHeight + r) * outWidth;
      for (int c = left; c < right; c++) {
        if (argmax[line + c] == index) sum += dy[line + c];
      }
    }
    dx[i] = sum;
  }
}

// `lanes` (1 or 32) neighbouring threads share a window. Whole warps; any grid.
extern "C" __global__ void mean_pool(int lanes, const float* x, float* y, int planes, int height,
                                     int width, int outHeight, int outWidth) {
  Cells rows{height, outHeight}, cols{width, outWidth};
  long long n = (long long)planes * outHeight * outWidth;
  int lane = (int)threadIdx.x & (lanes - 1);
  for (long long i = grid_thread() / lanes; i < n; i += grid_threads() / lanes) {
    Place at((u32)i, outHeight, outWidth);
    const float* plane = x + (long long)at.plane * height * width;
    int top = rows.begin(at.row), left = cols.begin(at.col);
    int high = rows.size(at.row), wide = cols.size(at.col);
    float sum = 0.f;
    if (lanes == 1) {
      for (int r = top; r < top + high; r++) {
        for (int c = left; c < left + wide; c++) sum += plane[r * width + c];
      }
    } else {
      for (int j = lane; j < high * wide; j += lanes) {
        int r = j / wide;
        sum += plane[(top + r) * width + left + j - r * wide];
      }
      sum = warp_sum(sum);
    }
    if (lane == 0) y[i] = sum / ((float)high * wide);
  }
}

extern "C" __global__ void mean_pool_grad(const float* dy, float* dx, int planes, int height, int width,
                                          int outHeight, int outWidth) {
  Cells rows{height, outHeight}, cols{width, outWidth};
  long long n = (long long)planes * height * width;
  for (long long i = grid_thread(); i < n; i += grid_threads()) {
    Place at((u32)i, height, width);
    int left = cols.first(at.col), right = cols.last(at.col), bottom = rows.last(at.row);
    float sum = 0.f;
    for (int r = rows.first(at.row); r < bottom; r++) {
      long long line = ((long long)at.plane * outHeight + r) * outWidth;
#pragma unroll 1
      for (int c = left; c < right; c++) {  // mostly one or two
        sum += dy[line + c] / ((float)rows.size(r) * cols.size(c));
      }
    }
    dx[i] = sum;
  }
}

KERNEL(max_pool)
KERNEL(max_pool_grad)
KERNEL(mean_pool)
KERNEL(mean_pool_grad)
