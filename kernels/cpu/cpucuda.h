// CUDA on the CPU, for unit tests of kernels: the very .cu files that nvcc compiles, built by g++ and run
// on a machine without a GPU, with shared memory, barriers, warp shuffles and (through tensor_core.cuh)
// tensor-core ops. A missing __syncthreads, a divergent barrier and an access out of bounds all show.
//
// How it works: one fiber (own stack) per CUDA thread, all on one CPU thread. A fiber runs until it
// reaches a barrier or a warp operation that still waits for others, then the next fiber runs. Blocks
// run one after another. If a whole round makes no progress, the launch is a deadlock and aborts.
//
// Does not show: races between blocks, memory-model effects, cp.async ordering, bank conflicts, speed,
// the rounding order of real tensor cores.
//
// Use:  #include it (through ../device.cuh), compile with  g++ -std=c++17 -O2 -fno-strict-aliasing,  then
//       cpucuda::launch(kernel, grid, block, sharedBytes, args...);
//       cpucuda::order = 0 forward, 1 reverse, 2 random order of the fibers.
//       -fsanitize=address,undefined works. -DCPUCUDA_UCONTEXT forces the portable (slower) switch.
//       -DCPUCUDA_ONE_LAUNCH_AT_A_TIME says that the caller holds a lock, and spares thread-local memory.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if !defined(__x86_64__) || defined(CPUCUDA_UCONTEXT)
#include <ucontext.h>
#define CPUCUDA_PORTABLE_SWITCH 1
#endif

// ---------------------------------------------------------------- CUDA's keywords and vector types

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#if defined(CPUCUDA_ONE_LAUNCH_AT_A_TIME)
#define CPUCUDA_THREAD_LOCAL
#else
#define CPUCUDA_THREAD_LOCAL thread_local
#endif
#if defined(__SANITIZE_ADDRESS__)
#define __shared__ static  // thread_local memory gets no red zones from AddressSanitizer
#else
#define __shared__ static CPUCUDA_THREAD_LOCAL
#endif

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
struct float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
static inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
using std::max;
using std::min;

// ------------------------------------------------------------------------------- fibers and blocks

namespace cpucuda {

struct Index {
  unsigned x, y, z;
};

struct Fiber {
#ifdef CPUCUDA_PORTABLE_SWITCH
  ucontext_t context;
#else
  void* stackPointer;
#endif
  char* stack;
  Index thread;
  int linear;  // index of the thread in its block
  bool done;
};

// One warp operation in flight for one lane mask.
struct WarpOp {
  unsigned mask = 0;
  unsigned arrived = 0;
  unsigned generation = 0;
  void* argument[32];
};

struct Block {
  std::vector<Fiber> fibers;
  std::vector<std::vector<WarpOp>> warps;
  int current = 0;
  int alive = 0;
  int atBarrier = 0;
  unsigned barrierGeneration = 0;
  long progress = 0;
  Index index;
  dim3 blockSize, gridSize;
  std::function<void()> body;
  std::vector<char> dynamicShared;
#ifdef CPUCUDA_PORTABLE_SWITCH
  ucontext_t scheduler;
#else
  void* schedulerStackPointer;
#endif
  const void* schedulerStack;  // for AddressSanitizer
  size_t schedulerStackSize;
};

inline CPUCUDA_THREAD_LOCAL Block* block = nullptr;
inline int order = 0;  // 0 forward, 1 reverse, 2 random
inline uint64_t seed = 1;
static constexpr size_t STACK_BYTES = 256 * 1024;

#ifndef CPUCUDA_PORTABLE_SWITCH
// Saves the callee-saved registers and the stack pointer of one fiber, restores those of another.
extern "C" void cpucuda_switch(void** from, void* to);
asm(R"(
.text
.weak cpucuda_switch
.type cpucuda_switch,@function
cpucuda_switch:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp,(%rdi)
  mov %rsi,%rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
)");
#endif

inline Fiber& currentFiber() { return block->fibers[block->current]; }

inline void die(const char* message) {
  fprintf(stderr, "cpucuda: %s (block %u,%u,%u)\n", message, block->index.x, block->index.y,
          block->index.z);
  abort();
}

// Gives the CPU back to the scheduler; returns when this fiber is resumed.
inline void yieldToScheduler(bool dying = false) {
  Fiber& fiber = currentFiber();
#if defined(__SANITIZE_ADDRESS__)
  void* fakeStack = nullptr;
  __sanitizer_start_switch_fiber(dying ? nullptr : &fakeStack, block->schedulerStack,
                                 block->schedulerStackSize);
#else
  (void)dying;
#endif
#ifdef CPUCUDA_PORTABLE_SWITCH
  swapcontext(&fiber.context, &block->scheduler);
#else
  cpucuda_switch(&fiber.stackPointer, block->schedulerStackPointer);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fakeStack, nullptr, nullptr);
#endif
}

// Runs a fiber until it yields or ends.
inline void resume(Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
  void* fakeStack = nullptr;
  __sanitizer_start_switch_fiber(&fakeStack, fiber.stack, STACK_BYTES);
#endif
#ifdef CPUCUDA_PORTABLE_SWITCH
  swapcontext(&block->scheduler, &fiber.context);
#else
  cpucuda_switch(&block->schedulerStackPointer, fiber.stackPointer);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fakeStack, nullptr, nullptr);
#endif
}

// The first function on every fiber's stack.
inline void fiberEntry() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &block->schedulerStack, &block->schedulerStackSize);
#endif
  block->body();
  currentFiber().done = true;
  block->alive--;
  block->progress++;
  yieldToScheduler(true);
  abort();  // never resumed
}

// __syncthreads: waits until every living thread of the block has arrived.
inline void barrier() {
  Block& b = *block;
  unsigned generation = b.barrierGeneration;
  b.atBarrier++;
  b.progress++;
  while (b.barrierGeneration == generation) {
    if (b.atBarrier >= b.alive) {
      b.atBarrier = 0;
      b.barrierGeneration++;
      b.progress++;
      break;
    }
    yieldToScheduler();
  }
}

// A warp operation: waits for all lanes of the mask; the last to arrive computes for all of them.
template <class F>
inline void collective(unsigned mask, void* argument, F compute) {
  Fiber& fiber = currentFiber();
  int lane = fiber.linear & 31;
  int warp = fiber.linear >> 5;
  if (!(mask >> lane & 1)) die("lane not in its own mask");
  int lanes = std::min<int>(32, (int)block->fibers.size() - warp * 32);
  if (lanes < 32) mask &= (1u << lanes) - 1;

  auto& operations = block->warps[warp];
  size_t slot = 0;
  while (slot < operations.size() && operations[slot].mask != mask) slot++;
  if (slot == operations.size()) {
    operations.emplace_back();
    operations[slot].mask = mask;
  }
  {
    WarpOp& op = operations[slot];
    op.argument[lane] = argument;
    op.arrived |= 1u << lane;
    block->progress++;
    if (op.arrived == mask) {
      compute(op.argument, mask);
      op.arrived = 0;
      op.generation++;
      return;
    }
  }
  unsigned generation = operations[slot].generation;
  while (block->warps[warp][slot].generation == generation) yieldToScheduler();
}

// Fiber stacks, reused from block to block.
struct Stacks {
  std::vector<char*> memory;
  void atLeast(size_t n) {
    while (memory.size() < n) memory.push_back((char*)aligned_alloc(64, STACK_BYTES));
  }
  ~Stacks() {
    for (char* stack : memory) free(stack);
  }
};
inline CPUCUDA_THREAD_LOCAL Stacks stacks;

inline void prepare(Fiber& fiber) {
#ifdef CPUCUDA_PORTABLE_SWITCH
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack;
  fiber.context.uc_stack.ss_size = STACK_BYTES;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, (void (*)())fiberEntry, 0);
#else
  uintptr_t* top = (uintptr_t*)(fiber.stack + STACK_BYTES);
#if defined(__SANITIZE_ADDRESS__)
  // The frames at the top never returned, so their red zones are still marked from the last use.
  ASAN_UNPOISON_MEMORY_REGION((char*)top - 4096, 4096);
#endif
  *--top = 0;  // keeps the stack aligned as after a call
  *--top = (uintptr_t)&fiberEntry;
  for (int saved = 0; saved < 6; saved++) *--top = 0;
  fiber.stackPointer = top;
#endif
}

inline void runBlock(Block& b) {
  block = &b;
  size_t n = b.fibers.size();
  stacks.atLeast(n);
  for (size_t i = 0; i < n; i++) {
    b.fibers[i].stack = stacks.memory[i];
    prepare(b.fibers[i]);
  }

  std::vector<int> schedule(n);
  for (size_t i = 0; i < n; i++) schedule[i] = order == 1 ? int(n - 1 - i) : int(i);
  while (b.alive > 0) {
    long before = b.progress;
    if (order == 2) {
      for (size_t i = n; i > 1; i--) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        std::swap(schedule[i - 1], schedule[(seed >> 33) % i]);
      }
    }
    for (size_t i = 0; i < n; i++) {
      b.current = schedule[i];
      if (!b.fibers[b.current].done) resume(b.fibers[b.current]);
    }
    if (b.progress == before) {
      die("deadlock: divergent __syncthreads or warp op with absent lanes");
    }
  }
}

template <class F>
inline void launchBody(dim3 grid, dim3 threads, size_t sharedBytes, F body) {
  size_t n = (size_t)threads.x * threads.y * threads.z;
  Block b;
  b.blockSize = threads;
  b.gridSize = grid;
  b.body = body;
  b.fibers.resize(n);
  b.warps.resize((n + 31) / 32);
  for (auto& operations : b.warps) operations.reserve(64);
  for (unsigned z = 0; z < grid.z; z++) {
    for (unsigned y = 0; y < grid.y; y++) {
      for (unsigned x = 0; x < grid.x; x++) {
        b.index = {x, y, z};
        b.alive = (int)n;
        b.dynamicShared.assign(sharedBytes, (char)0xCB);  // so that use before write shows
        for (size_t i = 0; i < n; i++) {
          Fiber& fiber = b.fibers[i];
          fiber.linear = (int)i;
          fiber.done = false;
          fiber.thread = {unsigned(i % threads.x), unsigned(i / threads.x % threads.y),
                          unsigned(i / threads.x / threads.y)};
        }
        runBlock(b);
      }
    }
  }
  block = nullptr;
}

template <class... P, class... A>
inline void launch(void (*kernel)(P...), dim3 grid, dim3 threads, size_t sharedBytes, A... args) {
  launchBody(grid, threads, sharedBytes, [=] { kernel((P)args...); });
}

// ------------------------------------------------------- kernels by name, for the stand-in libcuda

// Copies the arguments from void** kernelParams and returns the launch, to be run now or later.
using Bind = std::function<void()> (*)(dim3 grid, dim3 threads, size_t sharedBytes, void** params);

struct Parameter {
  unsigned bytes;
  bool pointer;
};

struct NamedKernel {
  const char* name;
  Bind bind;
  std::vector<Parameter> parameters;
};

inline std::vector<NamedKernel>& registry() {
  static std::vector<NamedKernel> kernels;
  return kernels;
}

// Reads void** kernelParams by the kernel's own parameter types.
template <auto Kernel>
struct Unpacker;
template <class... P, void (*Kernel)(P...)>
struct Unpacker<Kernel> {
  template <size_t... I>
  static std::function<void()> copy(dim3 grid, dim3 threads, size_t sharedBytes, void** params,
                                    std::index_sequence<I...>) {
    auto arguments = std::make_tuple(*(std::remove_cv_t<P>*)params[I]...);
    return [=] {
      std::apply([&](auto... a) { launch(Kernel, grid, threads, sharedBytes, a...); }, arguments);
    };
  }
  static std::function<void()> bind(dim3 grid, dim3 threads, size_t sharedBytes, void** params) {
    return copy(grid, threads, sharedBytes, params, std::index_sequence_for<P...>{});
  }
  static std::vector<Parameter> parameters() {
    return {Parameter{sizeof(P), std::is_pointer<P>::value}...};
  }
};

struct Registration {
  Registration(const char* name, Bind bind, std::vector<Parameter> parameters) {
    registry().push_back({name, bind, parameters});
  }
};

// Every lane gives a value and names the lane it reads from.
template <class T, class Source>
inline T shuffle(unsigned mask, T value, Source sourceOf) {
  struct Lane {
    T in, out;
    Source* sourceOf;
  } self{value, value, &sourceOf};
  collective(mask, &self, [](void** lanes, unsigned members) {
    for (int l = 0; l < 32; l++) {
      if (!(members >> l & 1)) continue;
      Lane* lane = (Lane*)lanes[l];
      int source = (*lane->sourceOf)(l);
      if (source >= 0 && source < 32 && (members >> source & 1)) {
        lane->out = ((Lane*)lanes[source])->in;
      }
    }
  });
  return self.out;
}

}  // namespace cpucuda

#define CPUCUDA_REGISTER(kernel) \
  static cpucuda::Registration cpucuda_registration_##kernel(   \
      #kernel, &cpucuda::Unpacker<&kernel>::bind, cpucuda::Unpacker<&kernel>::parameters());

// ------------------------------------------------------------------------ CUDA's built-in functions

#define threadIdx (cpucuda::currentFiber().thread)
#define blockIdx (cpucuda::block->index)
#define blockDim (cpucuda::block->blockSize)
#define gridDim (cpucuda::block->gridSize)

// `extern __shared__ T name[]` cannot be emulated as written; kernels use this macro instead.
#define DYN_SHARED(T, name) T* name = (T*)cpucuda::block->dynamicShared.data()

static inline void __syncthreads() { cpucuda::barrier(); }
static inline void __syncwarp(unsigned mask = ~0u) {
  cpucuda::collective(mask, nullptr, [](void**, unsigned) {});
}

template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int laneMask, int = 32) {
  return cpucuda::shuffle(mask, value, [laneMask](int l) { return l ^ laneMask; });
}
template <class T>
inline T __shfl_down_sync(unsigned mask, T value, int delta, int width = 32) {
  return cpucuda::shuffle(mask, value,
                          [=](int l) { return (l % width) + delta < width ? l + delta : l; });
}
template <class T>
inline T __shfl_up_sync(unsigned mask, T value, int delta, int width = 32) {
  return cpucuda::shuffle(mask, value, [=](int l) { return (l % width) - delta >= 0 ? l - delta : l; });
}
template <class T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  return cpucuda::shuffle(mask, value, [=](int l) { return l / width * width + (source % width); });
}

static inline unsigned __ballot_sync(unsigned mask, int predicate) {
  struct Lane {
    int predicate;
    unsigned result;
  } self{predicate, 0};
  cpucuda::collective(mask, &self, [](void** lanes, unsigned members) {
    unsigned votes = 0;
    for (int l = 0; l < 32; l++) {
      if ((members >> l & 1) && ((Lane*)lanes[l])->predicate) votes |= 1u << l;
    }
    for (int l = 0; l < 32; l++) {
      if (members >> l & 1) ((Lane*)lanes[l])->result = votes;
    }
  });
  return self.result;
}

template <class T>
inline T atomicAdd(T* at, T value) {
  T old = *at;
  *at = old + value;
  return old;
}

// Macros, not functions: glibc already declares __expf and __logf.
#define __expf expf
#define __logf logf
static inline float rsqrtf(float x) { return 1.f / sqrtf(x); }
static inline float __fdividef(float x, float y) { return x / y; }
template <class T>
static inline T __ldg(const T* at) {
  return *at;
}
// Whole and half turns are exact, as CUDA's are.
static inline float sinpif(float x) { return (float)sin(M_PI * fmod((double)x, 2.0)); }
static inline float cospif(float x) { return (float)cos(M_PI * fmod((double)x, 2.0)); }
static inline float normcdff(float x) { return (float)(0.5 * erfc(-(double)x * M_SQRT1_2)); }
static inline int __popc(unsigned bits) { return __builtin_popcount(bits); }
static inline int __float_as_int(float x) {
  int bits;
  memcpy(&bits, &x, 4);
  return bits;
}
static inline float __int_as_float(int bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}
static inline long long __double_as_longlong(double x) {
  long long bits;
  memcpy(&bits, &x, 8);
  return bits;
}
static inline double __longlong_as_double(long long bits) {
  double x;
  memcpy(&x, &bits, 8);
  return x;
}

// ---------------------------------------------------------------------------------------- bfloat16

struct __nv_bfloat16 {
  uint16_t bits;
};
struct __nv_bfloat162 {
  __nv_bfloat16 x, y;
};
static inline float __bfloat162float(__nv_bfloat16 b) {
  uint32_t bits = (uint32_t)b.bits << 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}
static inline __nv_bfloat16 __float2bfloat16(float f) {
  uint32_t bits;
  memcpy(&bits, &f, 4);
  if ((bits & 0x7fffffff) > 0x7f800000) return {uint16_t((bits >> 16) | 0x40)};  // NaN stays NaN
  bits += 0x7fff + ((bits >> 16) & 1);  // round to nearest, ties to even
  return {uint16_t(bits >> 16)};
}
static inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) {
  return {__float2bfloat16(x), __float2bfloat16(y)};
}
