// Random numbers as functions of (seed, stream, index); see philox.cuh.
//
//   random_uniform       y ~ U[0, 1)
//   random_normal        y ~ N(0, 1)
//   random_dropout       y = x ⊙ mask/(1 − p); y may be x
//   reparameterize       z = mu + exp(logVar/2) ⊙ ε, ε ~ N(0, 1)
//   reparameterize_grad  dlogVar = ½ exp(logVar/2) ⊙ ε ⊙ dz, with the same ε again
//
// A thread makes the four elements of one block of Philox. Any grid; one thread per four elements is
// best.
#include "flat.cuh"
#include "philox.cuh"

// Calls body(i, k, words) for each group of elements i … i + k − 1 < n, k being 4 but at the end.
template <class Body>
__device__ __forceinline__ void for_each_four(u64 seed, u64 stream, int n, Body body) {
  for (long long i = 4 * grid_thread(); i < n; i += 4 * grid_threads()) {
    body(i, (int)min(4LL, n - i), philox(seed, stream, (u64)i >> 2));
  }
}

__device__ __forceinline__ void store_some(float* y, long long i, int k, float4 v) {
  if (k == 4) {
    store4(y, i, v);
    return;
  }
  y[i] = v.x;
  if (k > 1) y[i + 1] = v.y;
  if (k > 2) y[i + 2] = v.z;
}

__device__ __forceinline__ float4 load_some(const float* x, long long i, int k) {
  if (k == 4) return load4(x, i);
  return make_float4(x[i], k > 1 ? x[i + 1] : 0.f, k > 2 ? x[i + 2] : 0.f, 0.f);
}

__device__ __forceinline__ float4 normal4(const uint4& words) {
  return make_float4(
      philox_normal(words.x, words.y, false), philox_normal(words.x, words.y, true),
      philox_normal(words.z, words.w, false), philox_normal(words.z, words.w, true));
}

extern "C" __global__ void random_uniform(u64 seed, u64 stream, const u64* base, float* y, int n) {
  for_each_four(seed, stream + *base, n, [=](long long i, int k, const uint4& words) {
    store_some(y, i, k,
               make_float4(philox_uniform(words.x), philox_uniform(words.y), philox_uniform(words.z),
                           philox_uniform(words.w)));
  });
}

extern "C" __global__ void random_normal(u64 seed, u64 stream, const u64* base, float* y, int n) {
  for_each_four(seed, stream + *base, n, [=](long long i, int k, const uint4& words) {
    store_some(y, i, k, normal4(words));
  });
}

extern "C" __global__ void random_dropout(u32 threshold, float scale, u64 seed, u64 stream,
                                          const u64* base, const float* x, float* y, int n) {
  auto kept = [=](float v, u32 word) {  // a dropped NaN is 0 as well
    return (word >> 8) < threshold ? 0.f : v * scale;
  };
  for_each_four(seed, stream + *base, n, [=](long long i, int k, const uint4& words) {
    float4 v = load_some(x, i, k);
    store_some(y, i, k,
               make_float4(kept(v.x, words.x), kept(v.y, words.y), kept(v.z, words.z),
                           kept(v.w, words.w)));
  });
}

// ---------------------------------------------------------------------------------- Gaussian codes

extern "C" __global__ void reparameterize(u64 seed, u64 stream, const u64* base, const float* mu,
                                          const float* logVar, float* z, int n) {
  auto code = [](float noiseTimesDeviation, float mean) { return mean + noiseTimesDeviation; };
  auto scaled = [](float noise, float log) { return expf(0.5f * log) * noise; };
  for_each_four(seed, stream + *base, n, [=](long long i, int k, const uint4& words) {
    float4 noise = map4(scaled, normal4(words), load_some(logVar, i, k));
    store_some(z, i, k, map4(code, noise, load_some(mu, i, k)));
  });
}

extern "C" __global__ void reparameterize_grad(u64 seed, u64 stream, const u64* base,
                                               const float* logVar, const float* dz, float* dlogVar,
                                               int n) {
  auto product = [](float a, float b) { return a * b; };
  auto slope = [](float noise, float log) { return 0.5f * expf(0.5f * log) * noise; };
  for_each_four(seed, stream + *base, n, [=](long long i, int k, const uint4& words) {
    float4 dz4 = load_some(dz, i, k);
    float4 slopes = map4(slope, normal4(words), load_some(logVar, i, k));
    store_some(dlogVar, i, k, map4(product, dz4, slopes));
  });
}

KERNEL(random_uniform)
KERNEL(random_normal)
KERNEL(random_dropout)
KERNEL(reparameterize)
KERNEL(reparameterize_grad)
