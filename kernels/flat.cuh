// Walking over flat arrays in fours: 16 bytes a time and a scalar rest.
#pragma once

#include "device.cuh"

// Applies `f` to each number of one or two vectors.
template <class F>
__device__ __forceinline__ float4 map4(F f, float4 a) {
  return make_float4(f(a.x), f(a.y), f(a.z), f(a.w));
}
template <class F>
__device__ __forceinline__ float4 map4(F f, float4 a, float4 b) {
  return make_float4(f(a.x, b.x), f(a.y, b.y), f(a.z, b.z), f(a.w, b.w));
}

__device__ __forceinline__ float4 load4(const float* x, long long i) { return *(const float4*)(x + i); }
__device__ __forceinline__ void store4(float* y, long long i, float4 v) { *(float4*)(y + i) = v; }
__device__ __forceinline__ float4 splat4(float x) { return make_float4(x, x, x, x); }

// y[i] = f(a[i]) for i < n, by the whole grid; y may be a.
template <class F>
__device__ __forceinline__ void flat_map(F f, const float* a, float* y, int n) {
  for (long long i = 4 * grid_thread(); i + 4 <= n; i += 4 * grid_threads()) {
    store4(y, i, map4(f, load4(a, i)));
  }
  long long rest = n / 4 * 4LL + grid_thread();
  if (rest < n) y[rest] = f(a[rest]);
}

// y[i] = f(a[i], b[i]) for i < n, by the whole grid; y may be a or b.
template <class F>
__device__ __forceinline__ void flat_map(F f, const float* a, const float* b, float* y, int n) {
  for (long long i = 4 * grid_thread(); i + 4 <= n; i += 4 * grid_threads()) {
    store4(y, i, map4(f, load4(a, i), load4(b, i)));
  }
  long long rest = n / 4 * 4LL + grid_thread();
  if (rest < n) y[rest] = f(a[rest], b[rest]);
}
