// Softmax and its logarithm along rows.
//
//   softmax          y  = exp(x − max x) / Σ exp(x − max x)
//   softmax_grad     dx = y ⊙ (dy − Σ dy⊙y)
//   log_softmax      y  = x − max x − log Σ exp(x − max x)
//   log_softmax_grad dx = dy − exp(y) Σ dy
//
// Each of the four in shapes of work named by a suffix; all but _long keep the row in registers and so
// touch memory once:
//   _v8x4, _v32x4, _v32x8   8 or 32 lanes a row, 4 or 8 float4 a lane: cols ≤ 128, 512, 1024, all
//                           multiples of 4
//   _s8x4, _s32x4, _s32x16  the same, single floats: cols ≤ 32, 128, 512
//   _b256x16                a block of 256 threads a row, 16 floats a thread: cols ≤ 4096
//   _long                   a block of any size a row, any cols; reads twice (the second time from L2)
// Grid: ⌈rows·lanes / threads⌉ blocks, or one block a row. The result may lie where an argument does.
#include "rows.cuh"

template <class Group, int K, int W>
__device__ __forceinline__ void softmax_rows(const float* x, float* y, int rows, int cols) {
  int r = Group::row();
  bool valid = r < rows;
  long long at = (long long)r * cols;
  RowPart<Group, K, W> p;
  p.load(x + at, cols, valid, -INFINITY);
  float top = -INFINITY;
  p.each([&](float& e, int, int) { top = fmaxf(top, e); });
  top = Group::max(top);
  float sum = 0;
  p.each([&](float& e, int, int) { sum += e = expf(e - top); });
  float factor = 1.f / Group::sum(sum);
  p.each([&](float& e, int, int) { e *= factor; });
  p.store(y + at, cols, valid);
}

template <class Group, int K, int W>
__device__ __forceinline__ void softmax_grad_rows(const float* y, const float* dy, float* dx, int rows,
                                                  int cols) {
  int r = Group::row();
  bool valid = r < rows;
  long long at = (long long)r * cols;
  RowPart<Group, K, W> p, d;
  p.load(y + at, cols, valid, 0.f);
  d.load(dy + at, cols, valid, 0.f);
  float dot = 0;
  p.each([&](float& e, int k, int j) { dot += d.v[k].at[j] * e; });
  dot = Group::sum(dot);
  d.each([&](float& e, int k, int j) { e = p.v[k].at[j] * (e - dot); });
  d.store(dx + at, cols, valid);
}

template <class Group, int K, int W>
__device__ __forceinline__ void log_softmax_rows(const float* x, float* y, int rows, int cols) {
  int r = Group::row();
  bool valid = r < rows;
  long long at = (long long)r * cols;
  RowPart<Group, K, W> p;
  p.load(x + at, cols, valid, -INFINITY);
  float top = -INFINITY;
  p.each([&](float& e, int, int) { top = fmaxf(top, e); });
  top = Group::max(top);
  float sum = 0;
  p.each([&](float& e, int, int) { sum += expf(e - top); });
  float log_sum = logf(Group::sum(sum));
  p.each([&](float& e, int, int) { e = e - top - log_sum; });
  p.store(y + at, cols, valid);
}

template <class Group, int K, int W>
__device__ __forceinline__ void log_softmax_grad_rows(const float* y, const float* dy, float* dx,
                                                      int rows, int cols) {
  int r = Group::row();
  bool valid = r < rows;
  long long at = (long long)r * cols;
  RowPart<Group, K, W> logs, d;
  logs.load(y + at, cols, valid, 0.f);
  d.load(dy + at, cols, valid, 0.f);
  float sum = 0;
  d.each([&](float& e, int, int) { sum += e; });
  sum = Group::sum(sum);
  d.each([&](float& e, int k, int j) { e -= expf(logs.v[k].at[j]) * sum; });
  d.store(dx + at, cols, valid);
}

// Exactly 256 threads, so that a row's part has a width known to the compiler.
struct Block256 : Block {
  static __device__ __forceinline__ int size() { return 256; }
};

#define FORWARD(op, suffix, group, k, w)                                       \
  extern "C" __global__ void op##_##suffix(const float* x, float* y, int rows, \
                                           int cols) {                         \
    op##_rows<group, k, w>(x, y, rows, cols);                                  \
  }                                                                            \
  KERNEL(op##_##suffix)
#define BACKWARD(op, suffix, group, k, w)                                              \
  extern "C" __global__ void __launch_bounds__(256) op##_##suffix(                     \
      const float* y, const float* dy, float* dx, int rows, int cols) {                \
    op##_rows<group, k, w>(y, dy, dx, rows, cols);                                     \
  }                                                                                    \
  KERNEL(op##_##suffix)
#define ALL(suffix, group, k, w)               \
  FORWARD(softmax, suffix, group, k, w)        \
  BACKWARD(softmax_grad, suffix, group, k, w)  \
  FORWARD(log_softmax, suffix, group, k, w)    \
  BACKWARD(log_softmax_grad, suffix, group, k, w)

ALL(v8x4, Lanes<8>, 4, 4)
ALL(v32x4, Lanes<32>, 4, 4)
ALL(v32x8, Lanes<32>, 8, 4)
ALL(s8x4, Lanes<8>, 4, 1)
ALL(s32x4, Lanes<32>, 4, 1)
ALL(s32x16, Lanes<32>, 16, 1)
ALL(b256x16, Block256, 16, 1)

// The largest element of a long row and Σ exp(x − largest) in one pass: where a larger one comes up, the
// sum so far is scaled down.
__device__ __forceinline__ void max_and_sum(const float* x, int cols, float& top, float& sum) {
  float own = -INFINITY, part = 0;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) {
    float e = x[i];
    if (e > own) {
      part *= expf(own - e);
      own = e;
    }
    // Here own is −∞ only while all were −∞ (their share is 0 unless all of the row is) or NaN.
    part += own == -INFINITY && e == own ? 0.f : expf(e - own);
  }
  top = Block::max(own);
  sum = Block::sum(own == top ? part : part * expf(own - top));
}

extern "C" __global__ void softmax_long(const float* x, float* y, int rows, int cols) {
  long long at = (long long)blockIdx.x * cols;
  float top, sum;
  max_and_sum(x + at, cols, top, sum);
  float factor = 1.f / sum;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) y[at + i] = expf(x[at + i] - top) * factor;
}
KERNEL(softmax_long)

extern "C" __global__ void softmax_grad_long(const float* y, const float* dy, float* dx, int rows,
                                             int cols) {
  long long at = (long long)blockIdx.x * cols;
  float dot = 0;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) dot += dy[at + i] * y[at + i];
  dot = Block::sum(dot);
  for (int i = threadIdx.x; i < cols; i += blockDim.x) dx[at + i] = y[at + i] * (dy[at + i] - dot);
}
KERNEL(softmax_grad_long)

extern "C" __global__ void log_softmax_long(const float* x, float* y, int rows, int cols) {
  long long at = (long long)blockIdx.x * cols;
  float top, sum;
  max_and_sum(x + at, cols, top, sum);
  float log_sum = logf(sum);
  for (int i = threadIdx.x; i < cols; i += blockDim.x) y[at + i] = x[at + i] - top - log_sum;
}
KERNEL(log_softmax_long)

extern "C" __global__ void log_softmax_grad_long(const float* y, const float* dy, float* dx, int rows,
                                                 int cols) {
  long long at = (long long)blockIdx.x * cols;
  float sum = 0;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) sum += dy[at + i];
  sum = Block::sum(sum);
  for (int i = threadIdx.x; i < cols; i += blockDim.x) dx[at + i] = dy[at + i] - expf(y[at + i]) * sum;
}
KERNEL(log_softmax_grad_long)
