// Stand-ins for libcuda, libcublas and libcudnn: what the three share.
//
// With them the whole Java path (JCuda's real jars, its natives, our kernels) runs on a machine without a
// GPU. "Device" memory is the host's, the kernels are the .cu files compiled by g++ (cpucuda.h), and the
// libraries of NVIDIA are plain loops. build.sh makes them.
//
// cuBLAS and cuDNN hand their work to the driver's stand-in, because only that one knows whether a stream
// runs what it is given at once, later, or records it into a graph.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#define STAND_IN_API extern "C" __attribute__((visibility("default")))

// Runs `run(work)` in the order of the stream, or any number of times as part of a graph; `drop(work)`
// when it is no longer needed. Returns a CUresult.
STAND_IN_API int mmib_stand_in_submit(void* stream, void (*run)(void*), void (*drop)(void*), void* work);

// Whether `bytes` from `address` on lie in one live block of device or page-locked memory. Says on
// stderr what is wrong if not.
STAND_IN_API bool mmib_stand_in_is_live(const void* address, size_t bytes, const char* what);

// The same for work that runs: a failure also becomes the context's error 700, as on a GPU.
STAND_IN_API bool mmib_stand_in_touch(const void* address, size_t bytes, const char* what);

// Live blocks of device memory, and kernel launches so far (replayed ones too).
STAND_IN_API int mmib_stand_in_live();
STAND_IN_API long mmib_stand_in_launches();

namespace stand_in {

inline int submit(void* stream, std::function<void()> work) {
  using Function = std::function<void()>;
  return mmib_stand_in_submit(
      stream, [](void* f) { (*(Function*)f)(); }, [](void* f) { delete (Function*)f; },
      new Function(std::move(work)));
}

}  // namespace stand_in
