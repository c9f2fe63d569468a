// Inside the stand-in for libcuda.so.1: what its parts share. One lock is held by every call, so
// launches of several host threads follow one another.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "stand_in.h"

#define API STAND_IN_API int

namespace stand_in {

// CUresult, as far as it is used here.
enum Result {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NOT_INITIALIZED = 3,
  INVALID_DEVICE = 101,
  INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201,
  INVALID_PTX = 218,
  UNSUPPORTED_PTX_VERSION = 222,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  NOT_READY = 600,
  ILLEGAL_ADDRESS = 700,
  NOT_SUPPORTED = 801,
  STREAM_CAPTURE_UNSUPPORTED = 900,
  STREAM_CAPTURE_INVALIDATED = 901,
  STREAM_CAPTURE_ISOLATION = 905,
  STREAM_CAPTURE_IMPLICIT = 906,
  CAPTURED_EVENT = 907,
  STREAM_CAPTURE_WRONG_THREAD = 908
};

using DevicePtr = unsigned long long;
using Work = std::function<void()>;

// Objects given out as handles: a handle that was never given out, or is gone, is refused.
template <class T>
class Handles {
 public:
  T* add(T* object) {
    live.insert(object);
    return object;
  }
  T* find(void* handle) const { return live.count((T*)handle) ? (T*)handle : nullptr; }
  bool remove(void* handle) {
    if (!live.erase((T*)handle)) return false;
    delete (T*)handle;
    return true;
  }
  const std::set<T*>& all() const { return live; }

 private:
  std::set<T*> live;
};

struct Capture {
  int mode;
  std::thread::id thread;
  bool invalid = false;
  std::vector<Work> work;
};

struct Stream {
  bool blocking = true;     // waits for the default stream, and that one for it
  std::deque<Work> queue;   // only if MMIB_STAND_IN_ASYNC=1
  std::unique_ptr<Capture> capture;
};

// What this process was asked to be, from the environment at cuInit.
struct Settings {
  size_t memory = (size_t)4 << 30;  // MMIB_STAND_IN_MEMORY, bytes
  int driver = 12000;               // MMIB_STAND_IN_DRIVER, as cuDriverGetVersion gives it
  bool asynchronous = false;        // MMIB_STAND_IN_ASYNC=1: work waits until the host waits for it
};

std::recursive_mutex& lock();
const Settings& settings();

// Why a call cannot be served at all: no cuInit, no current context, an error that sticks; or SUCCESS.
int refusal();
#define ENTER()                                                   \
  std::lock_guard<std::recursive_mutex> held(stand_in::lock());   \
  if (int refused = stand_in::refusal()) return refused

// One line on stderr about a mistake of the caller.
void complain(const char* format, ...) __attribute__((format(printf, 1, 2)));
// The same for work that runs; the error sticks, as on a GPU.
void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));
int stickyError();

// The stream of a handle (null is the default one), or nullptr.
Stream* streamOf(void* handle);
int submit(Stream& stream, Work work);
void finish(Stream& stream);
void finishAll();

// For calls that CUDA forbids while a graph is captured: 900, and the capture is spoilt.
int refusalByCapture();
// For calls that work on the default stream.
int enterDefaultStream();

// Whether the bytes lie in one live block; `what` names them in the complaint.
bool isDevice(DevicePtr address, size_t bytes);
bool isPinned(const void* address, size_t bytes);

}  // namespace stand_in
