// Stand-in for libcuda.so.1: modules, functions, launches. Of PTX only names, parameters and limits are
// read; what runs is the kernel of that name from the .cu files compiled into this library.
#include "cpucuda.h"
#include "stand_in_driver.h"
#include "stand_in_ptx.h"

namespace stand_in {

static const unsigned DEFAULT_SHARED = 48 << 10;
static const unsigned MOST_SHARED = 227 << 10;

struct Module;

struct Function {
  Module* module;
  const cpucuda::NamedKernel* kernel;
  Entry entry;
  unsigned dynamicShared;  // how much a launch may ask for
};

struct Module {
  Ptx ptx;
  std::map<std::string, std::unique_ptr<Function>> functions;
};

static Handles<Module> modules;
static Handles<Function> functions;
static long launches = 0;

static const cpucuda::NamedKernel* compiled(const std::string& name) {
  for (const auto& kernel : cpucuda::registry()) {
    if (name == kernel.name) return &kernel;
  }
  return nullptr;
}

static bool sameParameters(const cpucuda::NamedKernel& kernel, const Entry& entry) {
  if (kernel.parameters.size() != entry.parameterBytes.size()) return false;
  for (size_t i = 0; i < entry.parameterBytes.size(); i++) {
    if (kernel.parameters[i].bytes != entry.parameterBytes[i]) return false;
  }
  return true;
}

// The pointers among the arguments must be null or lead into live blocks.
struct Pointers {
  const char* kernel;
  std::vector<std::pair<int, DevicePtr>> all;  // number of the parameter, address

  Pointers(const cpucuda::NamedKernel& named, void** params) : kernel(named.name) {
    for (size_t i = 0; i < named.parameters.size(); i++) {
      if (named.parameters[i].pointer) all.push_back({(int)i, *(DevicePtr*)params[i]});
    }
  }
  bool live() const {
    for (auto [i, address] : all) {
      if (!address || isDevice(address, 0) || isPinned((void*)address, 0)) continue;
      fail("kernel %s: parameter %d, %#llx, leads into no live block", kernel, i, address);
      return false;
    }
    return true;
  }
};

}  // namespace stand_in

using namespace stand_in;

long mmib_stand_in_launches() {
  std::lock_guard<std::recursive_mutex> held(lock());
  return launches;
}

API cuModuleLoadData(void** handle, const void* image) {
  ENTER();
  if (int refused = refusalByCapture()) return refused;
  Ptx ptx = readPtx((const char*)image);
  if (!ptx.version) return INVALID_IMAGE;
  int served = settings().driver / 1000 * 10 + settings().driver / 10 % 100 - 40;  // CUDA 12.0: 8.0
  if (ptx.version > served) {
    complain("PTX is of version %d.%d, a driver of CUDA %d.%d takes %d.%d", ptx.version / 10,
             ptx.version % 10, settings().driver / 1000, settings().driver / 10 % 100, served / 10,
             served % 10);
    return UNSUPPORTED_PTX_VERSION;
  }
  if (ptx.target > 90) return INVALID_PTX;
  *handle = modules.add(new Module{ptx, {}});
  return SUCCESS;
}
API cuModuleLoadDataEx(void** handle, const void* image, unsigned, int*, void**) {
  return cuModuleLoadData(handle, image);
}
API cuModuleUnload(void* handle) {
  ENTER();
  Module* module = modules.find(handle);
  if (!module) return INVALID_HANDLE;
  finishAll();
  for (auto& [name, function] : module->functions) functions.remove(function.release());
  modules.remove(handle);
  return SUCCESS;
}
API cuModuleGetFunction(void** handle, void* moduleHandle, const char* name) {
  ENTER();
  Module* module = modules.find(moduleHandle);
  if (!module) return INVALID_HANDLE;
  auto entry = module->ptx.entries.find(name);
  if (entry == module->ptx.entries.end()) return NOT_FOUND;
  const cpucuda::NamedKernel* kernel = compiled(name);
  if (!kernel) {
    complain("kernel %s is in the PTX but in no .cu file by KERNEL(%s)", name, name);
    return NOT_FOUND;
  }
  if (!sameParameters(*kernel, entry->second)) {
    complain("kernel %s: its PTX has other parameters than its .cu file: make the PTX anew", name);
    return INVALID_PTX;
  }
  auto& function = module->functions[name];
  if (!function) {
    unsigned left = DEFAULT_SHARED - std::min(DEFAULT_SHARED, entry->second.staticShared);
    function.reset(functions.add(new Function{module, kernel, entry->second, left}));
  }
  *handle = function.get();
  return SUCCESS;
}

// ---- attributes, numbered as CUfunction_attribute

API cuFuncGetAttribute(int* value, int attribute, void* handle) {
  ENTER();
  Function* function = functions.find(handle);
  if (!function) return INVALID_HANDLE;
  switch (attribute) {
    case 0: *value = (int)function->entry.maxThreads; break;
    case 1: *value = (int)function->entry.staticShared; break;
    case 4: *value = 32; break;  // registers: any number that fits
    case 5: *value = function->module->ptx.version; break;
    case 6: *value = 90; break;
    case 8: *value = (int)function->dynamicShared; break;
    default: *value = 0;
  }
  return SUCCESS;
}
API cuFuncSetAttribute(void* handle, int attribute, int value) {
  ENTER();
  Function* function = functions.find(handle);
  if (!function) return INVALID_HANDLE;
  if (attribute == 9) return value < -1 || value > 100 ? INVALID_VALUE : SUCCESS;  // carveout, %
  if (attribute != 8 || value < 0) return INVALID_VALUE;
  if ((unsigned)value + function->entry.staticShared > MOST_SHARED) return INVALID_VALUE;
  function->dynamicShared = (unsigned)value;
  return SUCCESS;
}
API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* handle, int threads,
                                                size_t sharedBytes) {
  ENTER();
  Function* function = functions.find(handle);
  if (!function) return INVALID_HANDLE;
  if (threads < 1 || threads > 1024) return INVALID_VALUE;
  size_t shared = sharedBytes + function->entry.staticShared + 1024;  // 1 KB is the system's
  *blocks = (int)std::min({(size_t)32, (size_t)(2048 / threads), (size_t)(228 << 10) / shared});
  return SUCCESS;
}

// ---- launches

API cuLaunchKernel(void* handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                   unsigned blockY, unsigned blockZ, unsigned sharedBytes, void* streamHandle,
                   void** params, void** extra) {
  ENTER();
  Function* function = functions.find(handle);
  Stream* stream = streamOf(streamHandle);
  if (!function || !stream) return INVALID_HANDLE;
  const cpucuda::NamedKernel& kernel = *function->kernel;
  size_t threads = (size_t)blockX * blockY * blockZ;
  bool fits = gridX && gridY && gridZ && gridX <= 0x7fffffff && gridY <= 65535 && gridZ <= 65535 &&
              threads && threads <= function->entry.maxThreads && blockZ <= 64 &&
              sharedBytes <= function->dynamicShared && !extra;
  if (!fits || (!params && !kernel.parameters.empty())) {
    complain("kernel %s: grid %u,%u,%u of blocks %u,%u,%u with %u bytes; at most %u threads, %u bytes",
             kernel.name, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes,
             function->entry.maxThreads, function->dynamicShared);
    return INVALID_VALUE;
  }
  Pointers pointers(kernel, params);
  if (!pointers.live()) return stickyError();
  Work launch = kernel.bind(dim3(gridX, gridY, gridZ), dim3(blockX, blockY, blockZ), sharedBytes, params);
  return submit(*stream, [=] {
    if (!pointers.live()) return;
    launches++;
    launch();
  });
}
