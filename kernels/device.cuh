// What every kernel file includes first: CUDA under nvcc, its emulation under g++.
//
// The same .cu files are compiled twice: by nvcc into the PTX that runs on GPUs, and by g++ into the
// stand-in driver that runs them on the CPU, thread by thread, for the tests (cpu/cpucuda.h).
//
// Conventions of all kernels here
//   * extern "C" __global__ void family_operation(inputs…, outputs…, sizes…), registered at the end
//     of its file by KERNEL(name). Parameters take 4 or 8 bytes: pointers, int, unsigned, float,
//     double, long long, unsigned long long. No structs.
//   * A buffer has fewer than 2^31 elements and starts at a multiple of 256 bytes. What runs over
//     elements counts in long long, so that nothing wraps near the end.
//   * Pointwise kernels take any grid (grid-stride loops); what else is expected of grid and block
//     stands above the kernel. Blocks have at most 1024 threads, a multiple of 32.
//   * Dynamic shared memory: DYN_SHARED(type, name).
//   * Sums are deterministic: no atomics on floats.
#pragma once

#ifdef __CUDACC__

#include <cuda_bf16.h>
#include <math_constants.h>
#include <stdint.h>

#define DYN_SHARED(T, name)                                    \
  extern __shared__ __align__(16) unsigned char name##_raw[]; \
  T* name = (T*)name##_raw
#define KERNEL(name)

#else

#include "cpu/cpucuda.h"
#define KERNEL(name) CPUCUDA_REGISTER(name)

#endif

using u32 = unsigned int;
using u64 = unsigned long long;

// Number of this thread in the whole one-dimensional grid, and the number of threads in it.
__device__ __forceinline__ long long grid_thread() {
  return (long long)blockIdx.x * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ long long grid_threads() { return (long long)gridDim.x * blockDim.x; }
