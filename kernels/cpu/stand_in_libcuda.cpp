// Stand-in for libcuda.so.1: the device, its context, errors. The other parts: stand_in_memory.cpp,
// stand_in_streams.cpp, stand_in_modules.cpp.
//
// It is stricter than a GPU where that shows mistakes: fresh memory is filled with 0xCB and freed memory
// with 0xDD; addresses, sizes and pointers to kernels must lie in live blocks; what CUDA forbids while a
// graph is captured is refused. Entry points missing here do not matter until something calls them:
// JCuda's natives bind them at the first call.
//
// Environment: MMIB_STAND_IN_ORDER = forward, reverse or random, the order of the threads of a block;
// MMIB_STAND_IN_MEMORY, _DRIVER and _ASYNC, see Settings.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cpucuda.h"
#include "stand_in_driver.h"

namespace stand_in {

static Settings chosen;
static bool initialized = false;
static int sticky = SUCCESS;
static char primaryContext;  // its address is the handle
static int retained = 0;
static thread_local void* currentContext = nullptr;

std::recursive_mutex& lock() {
  static std::recursive_mutex mutex;
  return mutex;
}

const Settings& settings() { return chosen; }

int refusal() {
  if (!initialized) return NOT_INITIALIZED;
  if (!currentContext || !retained) return INVALID_CONTEXT;
  return sticky;
}

static void say(const char* format, va_list arguments) {
  char line[512];
  vsnprintf(line, sizeof line, format, arguments);
  fprintf(stderr, "stand-in libcuda: %s\n", line);
}

void complain(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(format, arguments);
  va_end(arguments);
}

void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(format, arguments);
  va_end(arguments);
  sticky = ILLEGAL_ADDRESS;
}

int stickyError() { return sticky; }

static void readEnvironment() {
  if (const char* order = getenv("MMIB_STAND_IN_ORDER")) {
    const char* const names[] = {"forward", "reverse", "random"};
    for (int i = 0; i < 3; i++) {
      if (!strcmp(order, names[i])) cpucuda::order = i;
    }
    if (strcmp(order, names[cpucuda::order])) complain("MMIB_STAND_IN_ORDER=%s is no order", order);
  }
  if (const char* bytes = getenv("MMIB_STAND_IN_MEMORY")) chosen.memory = strtoull(bytes, nullptr, 10);
  if (const char* driver = getenv("MMIB_STAND_IN_DRIVER")) chosen.driver = atoi(driver);
  if (const char* async = getenv("MMIB_STAND_IN_ASYNC")) chosen.asynchronous = !strcmp(async, "1");
}

// CUdevice_attribute of an H100-like device, but few processors, so that grids are small.
static int attribute(int which) {
  switch (which) {
    case 1: return 1024;        // MAX_THREADS_PER_BLOCK
    case 2: case 3: return 1024;  // MAX_BLOCK_DIM_X, _Y
    case 4: return 64;          // MAX_BLOCK_DIM_Z
    case 5: return 2147483647;  // MAX_GRID_DIM_X
    case 6: case 7: return 65535;
    case 8: return 48 << 10;    // MAX_SHARED_MEMORY_PER_BLOCK
    case 10: return 32;         // WARP_SIZE
    case 12: return 65536;      // MAX_REGISTERS_PER_BLOCK
    case 13: return 1000000;    // CLOCK_RATE, kHz
    case 16: return 4;          // MULTIPROCESSOR_COUNT
    case 31: return 1;          // CONCURRENT_KERNELS
    case 36: return 1000000;    // MEMORY_CLOCK_RATE, kHz
    case 37: return 64;         // GLOBAL_MEMORY_BUS_WIDTH
    case 38: return 1 << 20;    // L2_CACHE_SIZE
    case 39: return 2048;       // MAX_THREADS_PER_MULTIPROCESSOR
    case 40: return 1;          // ASYNC_ENGINE_COUNT
    case 41: return 1;          // UNIFIED_ADDRESSING
    case 75: return 9;          // COMPUTE_CAPABILITY_MAJOR
    case 76: return 0;          // COMPUTE_CAPABILITY_MINOR
    case 81: return 228 << 10;  // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
    case 97: return 227 << 10;  // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
    default: return 0;
  }
}

}  // namespace stand_in

using namespace stand_in;

#define ENTER_DEVICE(device)                                \
  std::lock_guard<std::recursive_mutex> held(lock());       \
  if (!initialized) return NOT_INITIALIZED;                 \
  if ((device) != 0) return INVALID_DEVICE

API cuInit(unsigned flags) {
  std::lock_guard<std::recursive_mutex> held(lock());
  if (flags) return INVALID_VALUE;
  if (!initialized) readEnvironment();
  initialized = true;
  return SUCCESS;
}
API cuDriverGetVersion(int* version) {
  const char* driver = getenv("MMIB_STAND_IN_DRIVER");  // allowed before cuInit
  *version = driver ? atoi(driver) : chosen.driver;
  return SUCCESS;
}
API cuDeviceGetCount(int* count) {
  ENTER_DEVICE(0);
  *count = 1;
  return SUCCESS;
}
API cuDeviceGet(int* device, int ordinal) {
  ENTER_DEVICE(ordinal);
  *device = 0;
  return SUCCESS;
}
API cuDeviceGetName(char* name, int length, int device) {
  ENTER_DEVICE(device);
  snprintf(name, length, "CPU stand-in");
  return SUCCESS;
}
API cuDeviceGetAttribute(int* value, int which, int device) {
  ENTER_DEVICE(device);
  *value = attribute(which);
  return SUCCESS;
}
API cuDeviceTotalMem_v2(size_t* bytes, int device) {
  ENTER_DEVICE(device);
  *bytes = settings().memory;
  return SUCCESS;
}

// ---- the primary context; the stand-in has no other

API cuDevicePrimaryCtxRetain(void** context, int device) {
  ENTER_DEVICE(device);
  retained++;
  *context = &primaryContext;
  return SUCCESS;
}
API cuDevicePrimaryCtxRelease_v2(int device) {
  ENTER_DEVICE(device);
  if (!retained) return INVALID_CONTEXT;
  retained--;
  return SUCCESS;
}
API cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
  ENTER_DEVICE(device);
  *flags = 0;
  *active = retained > 0;
  return SUCCESS;
}
API cuCtxSetCurrent(void* context) {
  ENTER_DEVICE(0);
  if (context && (context != &primaryContext || !retained)) return INVALID_CONTEXT;
  currentContext = context;
  return SUCCESS;
}
API cuCtxGetCurrent(void** context) {
  ENTER_DEVICE(0);
  *context = currentContext;
  return SUCCESS;
}
API cuCtxGetDevice(int* device) {
  ENTER();
  *device = 0;
  return SUCCESS;
}
API cuCtxSynchronize() {
  ENTER();
  if (int refused = refusalByCapture()) return refused;
  finishAll();
  return sticky;
}

// ---- errors

struct Named {
  int error;
  const char* name;
  const char* text;
};
static const Named NAMED[] = {
    {SUCCESS, "CUDA_SUCCESS", "no error"},
    {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {INVALID_PTX, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {UNSUPPORTED_PTX_VERSION, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
     "the provided PTX was compiled with an unsupported toolchain"},
    {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {STREAM_CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {STREAM_CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
    {STREAM_CAPTURE_ISOLATION, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION",
     "dependency created on uncaptured work in another stream"},
    {STREAM_CAPTURE_IMPLICIT, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
     "operation would make the legacy stream depend on a capturing blocking stream"},
    {CAPTURED_EVENT, "CUDA_ERROR_CAPTURED_EVENT",
     "operation not permitted on an event last recorded in a capturing stream"},
    {STREAM_CAPTURE_WRONG_THREAD, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD",
     "attempt to terminate a thread-local capture sequence from another thread"},
};

static const Named* named(int error) {
  for (const Named& known : NAMED) {
    if (known.error == error) return &known;
  }
  return nullptr;
}
API cuGetErrorName(int error, const char** name) {
  const Named* known = named(error);
  *name = known ? known->name : nullptr;
  return known ? SUCCESS : INVALID_VALUE;
}
API cuGetErrorString(int error, const char** text) {
  const Named* known = named(error);
  *text = known ? known->text : nullptr;
  return known ? SUCCESS : INVALID_VALUE;
}
