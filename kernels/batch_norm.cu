// Batch normalization of x [batch, channels, spatial], per channel.
//
//   batch_statistics          mean and biased variance of every channel
//   batch_norm_sums           dbeta = Σ dy, dgamma = Σ dy⊙(x − mean)/√(variance + eps)
//   batch_norm_grad_constant  dx = dy ⊙ gamma/√(variance + eps), mean and variance being constants
//
// The rest is cuDNN's: normalizing, and the gradient through the statistics of the batch.
//
// Sums over a channel: grid (channels, splits), blocks of 256 threads. Split s takes a run of the
// channel's batch·spatial numbers, in vectors of W = 4 where spatial is a multiple of 4 (_v), else of 1
// (_s). With one split the results are written at once; with more, partial [channels, splits, 3 or 2] is,
// and the _finish kernel (one warp a channel) combines it in a fixed order.
// The pointwise kernel walks over all numbers in fours, whatever spatial is.
#include "rows.cuh"

// A thread's way through a run of a channel: vectors first + rank, + 256, + 512 … below `end`.
template <int W>
struct ChannelWalk {
  u32 at, end;        // vectors of the channel, counted through all images
  int inside, image;  // the same as a place in an image
  int per_image;      // vectors of the channel in an image
  int step_images, step_inside;

  __device__ __forceinline__ ChannelWalk(int batch, int spatial) {
    per_image = spatial / W;
    u32 all = (u32)batch * (u32)per_image, run = (all + gridDim.y - 1) / gridDim.y;
    end = min(all, run * (blockIdx.y + 1));
    at = run * blockIdx.y + threadIdx.x;
    image = (int)(at / (u32)per_image);
    inside = (int)(at % (u32)per_image);
    step_images = (int)(blockDim.x / (u32)per_image);
    step_inside = (int)(blockDim.x % (u32)per_image);
  }

  __device__ __forceinline__ bool more() const { return at < end; }

  // Where the vector lies in the tensor.
  __device__ __forceinline__ long long place(int channels, int spatial) const {
    return ((long long)image * channels + blockIdx.x) * spatial + inside * W;
  }

  __device__ __forceinline__ void step() {
    at += blockDim.x;
    image += step_images;
    inside += step_inside;
    if (inside >= per_image) {
      inside -= per_image;
      image++;
    }
  }
};

// Count, mean and Σ (x − mean)² of some numbers; combined as Chan, Golub and LeVeque (1979) do.
struct Moments {
  float count, mean, squares;

  __device__ __forceinline__ void add(const Moments& o) {
    float n = count + o.count;
    if (n == 0) return;
    float share = o.count / n, delta = o.mean - mean;
    mean += delta * share;
    squares += o.squares + delta * delta * count * share;
    count = n;
  }
};

__device__ __forceinline__ Moments warp_moments(Moments m) {
#pragma unroll
  for (int k = 16; k; k >>= 1) {
    Moments o = {__shfl_down_sync(~0u, m.count, k), __shfl_down_sync(~0u, m.mean, k),
                 __shfl_down_sync(~0u, m.squares, k)};
    m.add(o);
  }
  return m;  // of the whole warp in lane 0
}

__device__ __forceinline__ void write_moments(const Moments& m, float* mean, float* variance) {
  *mean = m.mean;
  *variance = m.squares / m.count;
}

// How many vectors a thread asks for before it uses the first.
#define AHEAD 4

template <int W>
__device__ __forceinline__ void statistics(const float* x, float* mean, float* variance, float* partial,
                                           int batch, int channels, int spatial) {
  __shared__ Moments warps[32];
  // A thread sums differences from its own first number: as that is one of the numbers, Σ (x − mean)² is
  // at least of the order of its square distance from the mean, and no outlier can swamp the rest.
  float shift = 0, count = 0, sum = 0, squares = 0;
  ChannelWalk<W> walk(batch, spatial);
  if (walk.more()) shift = x[walk.place(channels, spatial)];
  while (walk.more()) {
    Vec<W> v[AHEAD];
    bool valid[AHEAD];
#pragma unroll
    for (int k = 0; k < AHEAD; k++) {
      valid[k] = walk.more();
      if (valid[k]) v[k].load(x + walk.place(channels, spatial));
      walk.step();
    }
#pragma unroll
    for (int k = 0; k < AHEAD; k++) {
      if (!valid[k]) continue;
#pragma unroll
      for (int j = 0; j < W; j++) {
        float d = v[k].at[j] - shift;
        sum += d;
        squares += d * d;
      }
      count += W;
    }
  }
  float center = count > 0 ? sum / count : 0;
  Moments m = {count, shift + center, squares - sum * center};
  if (m.squares < 0) m.squares = 0;  // by rounding
  m = warp_moments(m);
  if ((threadIdx.x & 31) == 0) warps[threadIdx.x >> 5] = m;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  m = {0, 0, 0};
  if (threadIdx.x < blockDim.x / 32) m = warps[threadIdx.x];
  m = warp_moments(m);
  if (threadIdx.x > 0) return;
  int c = blockIdx.x;
  if (gridDim.y == 1) {
    write_moments(m, mean + c, variance + c);
  } else {
    float* to = partial + 3ll * ((long long)c * gridDim.y + blockIdx.y);
    to[0] = m.count, to[1] = m.mean, to[2] = m.squares;
  }
}

extern "C" __global__ void batch_statistics_v(const float* x, float* mean, float* variance,
                                              float* partial, int batch, int channels, int spatial) {
  statistics<4>(x, mean, variance, partial, batch, channels, spatial);
}
KERNEL(batch_statistics_v)
extern "C" __global__ void batch_statistics_s(const float* x, float* mean, float* variance,
                                              float* partial, int batch, int channels, int spatial) {
  statistics<1>(x, mean, variance, partial, batch, channels, spatial);
}
KERNEL(batch_statistics_s)

extern "C" __global__ void batch_statistics_finish(const float* partial, float* mean, float* variance,
                                                   int channels, int splits) {
  int c = Lanes<32>::row(), lane = Lanes<32>::rank();
  Moments m = {0, 0, 0};
  if (c < channels) {
    for (int s = lane; s < splits; s += 32) {
      const float* from = partial + 3ll * ((long long)c * splits + s);
      m.add({from[0], from[1], from[2]});
    }
  }
  m = warp_moments(m);
  if (c < channels && lane == 0) write_moments(m, mean + c, variance + c);
}
KERNEL(batch_statistics_finish)

template <int W>
__device__ __forceinline__ void gradient_sums(const float* x, const float* mean, const float* variance,
                                              float eps, const float* dy, float* dgamma, float* dbeta,
                                              float* partial, int batch, int channels, int spatial) {
  int c = blockIdx.x;
  float center = mean[c], sum = 0, dot = 0;
  ChannelWalk<W> walk(batch, spatial);
  while (walk.more()) {
    Vec<W> v[AHEAD], d[AHEAD];
#pragma unroll
    for (int k = 0; k < AHEAD; k++) {
      if (walk.more()) {
        long long at = walk.place(channels, spatial);
        v[k].load(x + at);
        d[k].load(dy + at);
      } else {
        v[k].fill(center);
        d[k].fill(0.f);
      }
      walk.step();
    }
#pragma unroll
    for (int k = 0; k < AHEAD; k++) {
#pragma unroll
      for (int j = 0; j < W; j++) {
        sum += d[k].at[j];
        dot += d[k].at[j] * (v[k].at[j] - center);
      }
    }
  }
  sum = Block::sum(sum);
  dot = Block::sum(dot) * (1.f / sqrtf(variance[c] + eps));
  if (threadIdx.x > 0) return;
  if (gridDim.y == 1) {
    dgamma[c] = dot;
    dbeta[c] = sum;
  } else {
    float* to = partial + 2ll * ((long long)c * gridDim.y + blockIdx.y);
    to[0] = dot, to[1] = sum;
  }
}

extern "C" __global__ void batch_norm_sums_v(const float* x, const float* mean, const float* variance,
                                             float eps, const float* dy, float* dgamma, float* dbeta,
                                             float* partial, int batch, int channels, int spatial) {
  gradient_sums<4>(x, mean, variance, eps, dy, dgamma, dbeta, partial, batch, channels, spatial);
}
KERNEL(batch_norm_sums_v)
extern "C" __global__ void batch_norm_sums_s(const float* x, const float* mean, const float* variance,
                                             float eps, const float* dy, float* dgamma, float* dbeta,
                                             float* partial, int batch, int channels, int spatial) {
  gradient_sums<1>(x, mean, variance, eps, dy, dgamma, dbeta, partial, batch, channels, spatial);
}
KERNEL(batch_norm_sums_s)

extern "C" __global__ void batch_norm_sums_finish(const float* partial, float* dgamma, float* dbeta,
                                                  int channels, int splits) {
  int c = Lanes<32>::row(), lane = Lanes<32>::rank();
  float dot = 0, sum = 0;
  if (c < channels) {
    for (int s = lane; s < splits; s += 32) {
      const float* from = partial + 2ll * ((long long)c * splits + s);
      dot += from[0];
      sum += from[1];
    }
  }
  dot = warp_sum(dot);
  sum = warp_sum(sum);
  if (c < channels && lane == 0) dgamma[c] = dot, dbeta[c] = sum;
}
KERNEL(batch_norm_sums_finish)

// Where four neighbouring numbers lie: the channel of the first, and how many from it on are of the same
// run of that channel.
struct Place {
  int channel, left;

  __device__ __forceinline__ Place(long long i, int channels, int spatial) {
    u32 run = (u32)i / (u32)spatial;  // there are fewer than 2^31 numbers
    channel = (int)(run % (u32)channels);
    left = (int)((run + 1) * (u32)spatial - (u32)i);
  }

  // Moves on by one number; whether that begins another run.
  __device__ __forceinline__ bool turns(int channels, int spatial) {
    if (--left > 0) return false;
    left = spatial;
    channel = channel + 1 < channels ? channel + 1 : 0;
    return true;
  }
};

extern "C" __global__ void batch_norm_grad_constant(const float* variance, const float* gamma, float eps,
                                                    const float* dy, float* dx, long long n, int channels,
                                                    int spatial) {
  for (long long i = 4 * grid_thread(); i < n; i += 4 * grid_threads()) {
    int length = (int)min(4ll, n - i);
    Vec<4> d;
    load_first(d, dy + i, length);
    Place place(i, channels, spatial);
    float factor;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      if (j == 0 || place.turns(channels, spatial)) {
        int c = place.channel;
        factor = gamma[c] / sqrtf(variance[c] + eps);
      }
      d.at[j] *= factor;
    }
    store_first(d, dx + i, length);
  }
}
KERNEL(batch_norm_grad_constant)
