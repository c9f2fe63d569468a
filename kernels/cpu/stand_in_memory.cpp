// Stand-in for libcuda.so.1: memory. A block has exactly the bytes asked for, so that AddressSanitizer
// sees the first byte beyond; it starts at a multiple of 256 as CUDA's do.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "stand_in_driver.h"

namespace stand_in {

using Blocks = std::map<uintptr_t, size_t>;  // address to bytes
static Blocks device, pinned;
static size_t liveBytes = 0;

static bool lies(const Blocks& blocks, uintptr_t address, size_t bytes) {
  auto after = blocks.upper_bound(address);
  if (after == blocks.begin()) return false;
  auto block = std::prev(after);
  return bytes <= block->second && address - block->first <= block->second - bytes;
}

bool isDevice(DevicePtr address, size_t bytes) { return lies(device, address, bytes); }
bool isPinned(const void* address, size_t bytes) { return lies(pinned, (uintptr_t)address, bytes); }

static void* allocate(size_t alignment, size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, bytes)) return nullptr;
  memset(memory, 0xCB, bytes);
  return memory;
}

static bool release(Blocks& blocks, uintptr_t address) {
  auto block = blocks.find(address);
  if (block == blocks.end()) return false;
  memset((void*)address, 0xDD, block->second);
  free((void*)address);
  blocks.erase(block);
  return true;
}

// `address` may still be in use by work that was given to a stream, so that is finished first.
static int enterFree() {
  if (int refused = refusalByCapture()) return refused;
  finishAll();
  return SUCCESS;
}

static bool check(DevicePtr address, size_t bytes, const char* call) {
  if (isDevice(address, bytes)) return true;
  complain("%s: %zu bytes at %#llx are not in one live block", call, bytes, address);
  return false;
}

static bool touch(DevicePtr address, size_t bytes, const char* call) {
  if (isDevice(address, bytes)) return true;
  fail("%s runs: %zu bytes at %#llx are not in one live block", call, bytes, address);
  return false;
}

// Work on device memory, given at the default stream: done when the call returns.
static int now(Work work) {
  if (int refused = enterDefaultStream()) return refused;
  work();
  return stickyError();
}

}  // namespace stand_in

using namespace stand_in;

bool mmib_stand_in_is_live(const void* address, size_t bytes, const char* what) {
  std::lock_guard<std::recursive_mutex> held(lock());
  if (isDevice((DevicePtr)address, bytes) || isPinned(address, bytes)) return true;
  complain("%s: %zu bytes at %p are not in one live block", what, bytes, address);
  return false;
}
bool mmib_stand_in_touch(const void* address, size_t bytes, const char* what) {
  std::lock_guard<std::recursive_mutex> held(lock());
  if (isDevice((DevicePtr)address, bytes) || isPinned(address, bytes)) return true;
  fail("%s runs: %zu bytes at %p are not in one live block", what, bytes, address);
  return false;
}
int mmib_stand_in_live() {
  std::lock_guard<std::recursive_mutex> held(lock());
  return (int)device.size();
}

// ---- allocation

API cuMemAlloc_v2(DevicePtr* address, size_t bytes) {
  ENTER();
  if (int refused = refusalByCapture()) return refused;
  if (!bytes) return INVALID_VALUE;
  if (bytes > settings().memory - liveBytes) return OUT_OF_MEMORY;
  void* memory = allocate(256, bytes);
  if (!memory) return OUT_OF_MEMORY;
  device[(uintptr_t)memory] = bytes;
  liveBytes += bytes;
  *address = (DevicePtr)memory;
  return SUCCESS;
}
API cuMemFree_v2(DevicePtr address) {
  ENTER();
  if (!address) return SUCCESS;
  if (int refused = enterFree()) return refused;
  auto block = device.find(address);
  if (block == device.end()) {
    complain("cuMemFree: %#llx is no live block: freed twice?", address);
    return INVALID_VALUE;
  }
  liveBytes -= block->second;
  release(device, address);
  return SUCCESS;
}
API cuMemGetInfo_v2(size_t* available, size_t* total) {
  ENTER();
  *total = settings().memory;
  *available = settings().memory - liveBytes;
  return SUCCESS;
}
API cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
  ENTER();
  if (int refused = refusalByCapture()) return refused;
  if (!bytes) return INVALID_VALUE;
  *memory = allocate(4096, bytes);
  if (!*memory) return OUT_OF_MEMORY;
  pinned[(uintptr_t)*memory] = bytes;
  return SUCCESS;
}
API cuMemAllocHost_v2(void** memory, size_t bytes) { return cuMemHostAlloc(memory, bytes, 0); }
API cuMemFreeHost(void* memory) {
  ENTER();
  if (int refused = enterFree()) return refused;
  if (release(pinned, (uintptr_t)memory)) return SUCCESS;
  complain("cuMemFreeHost: %p is no live block: freed twice?", memory);
  return INVALID_VALUE;
}

// ---- copies

API cuMemcpyHtoD_v2(DevicePtr to, const void* from, size_t bytes) {
  ENTER();
  if (!check(to, bytes, "cuMemcpyHtoD")) return INVALID_VALUE;
  if (int refused = refusalByCapture()) return refused;
  return now([=] { memcpy((void*)to, from, bytes); });
}
API cuMemcpyDtoH_v2(void* to, DevicePtr from, size_t bytes) {
  ENTER();
  if (!check(from, bytes, "cuMemcpyDtoH")) return INVALID_VALUE;
  if (int refused = refusalByCapture()) return refused;
  return now([=] { memcpy(to, (void*)from, bytes); });
}
API cuMemcpyDtoDAsync_v2(DevicePtr to, DevicePtr from, size_t bytes, void* handle) {
  ENTER();
  Stream* stream = streamOf(handle);
  if (!stream) return INVALID_HANDLE;
  const char* call = "cuMemcpyDtoD";
  if (!check(to, bytes, call) || !check(from, bytes, call)) return INVALID_VALUE;
  return submit(*stream, [=] {
    if (touch(to, bytes, call) && touch(from, bytes, call)) memmove((void*)to, (void*)from, bytes);
  });
}
API cuMemcpyDtoD_v2(DevicePtr to, DevicePtr from, size_t bytes) {
  return cuMemcpyDtoDAsync_v2(to, from, bytes, nullptr);
}
API cuMemcpyHtoDAsync_v2(DevicePtr to, const void* from, size_t bytes, void* handle) {
  ENTER();
  Stream* stream = streamOf(handle);
  if (!stream) return INVALID_HANDLE;
  if (!check(to, bytes, "cuMemcpyHtoDAsync")) return INVALID_VALUE;
  if (isPinned(from, bytes)) {
    return submit(*stream, [=] {
      if (!touch(to, bytes, "cuMemcpyHtoDAsync")) return;
      if (isPinned(from, bytes)) memcpy((void*)to, from, bytes);
      else fail("cuMemcpyHtoDAsync runs: its page-locked memory is gone");
    });
  }
  if (stream->capture) {
    complain("cuMemcpyHtoDAsync into a graph from memory that is not page-locked");
    return INVALID_VALUE;
  }
  // Memory that can be paged is copied before the call returns.
  auto bytesNow = std::make_shared<std::vector<char>>((const char*)from, (const char*)from + bytes);
  return submit(*stream, [=] {
    if (touch(to, bytes, "cuMemcpyHtoDAsync")) memcpy((void*)to, bytesNow->data(), bytes);
  });
}
API cuMemcpyDtoHAsync_v2(void* to, DevicePtr from, size_t bytes, void* handle) {
  ENTER();
  Stream* stream = streamOf(handle);
  if (!stream) return INVALID_HANDLE;
  if (!check(from, bytes, "cuMemcpyDtoHAsync")) return INVALID_VALUE;
  bool locked = isPinned(to, bytes);
  if (!locked && stream->capture) {
    complain("cuMemcpyDtoHAsync of a graph into memory that is not page-locked");
    return INVALID_VALUE;
  }
  int status = submit(*stream, [=] {
    if (!touch(from, bytes, "cuMemcpyDtoHAsync")) return;
    if (locked && !isPinned(to, bytes)) fail("cuMemcpyDtoHAsync runs: its page-locked memory is gone");
    else memcpy(to, (void*)from, bytes);
  });
  if (!locked && !status) finish(*stream);
  return status;
}

// ---- filling

template <class T>
static int fill(DevicePtr to, T value, size_t count, void* handle, const char* call) {
  ENTER();
  Stream* stream = streamOf(handle);
  if (!stream) return INVALID_HANDLE;
  if (to % sizeof(T) || !check(to, count * sizeof(T), call)) return INVALID_VALUE;
  return submit(*stream, [=] {
    if (touch(to, count * sizeof(T), call)) std::fill_n((T*)to, count, value);
  });
}
API cuMemsetD8Async(DevicePtr to, unsigned char value, size_t count, void* stream) {
  return fill(to, value, count, stream, "cuMemsetD8");
}
API cuMemsetD32Async(DevicePtr to, unsigned value, size_t count, void* stream) {
  return fill(to, value, count, stream, "cuMemsetD32");
}
API cuMemsetD8_v2(DevicePtr to, unsigned char value, size_t count) {
  return fill(to, value, count, nullptr, "cuMemsetD8");
}
API cuMemsetD32_v2(DevicePtr to, unsigned value, size_t count) {
  return fill(to, value, count, nullptr, "cuMemsetD32");
}
