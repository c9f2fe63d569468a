// Stand-in for libcuda.so.1: streams, events, graphs.
//
// A stream runs what it is given at once; with MMIB_STAND_IN_ASYNC=1 as late as it may, so that a wait
// that is missing on the host shows. While it captures, work is only kept; a graph is the list of it.
// One stream is captured at a time into a graph; forks to other streams are refused.
#include <chrono>

#include "stand_in_driver.h"

namespace stand_in {

// One recording of an event: done when the stream has come by.
struct Mark {
  Stream* stream;
  bool done = false;
  std::chrono::steady_clock::time_point time;
};

struct Event {
  std::shared_ptr<Mark> mark;          // null if never recorded
  const Capture* capturedBy = nullptr;
};

struct Graph {
  std::shared_ptr<const std::vector<Work>> work;
};

struct GraphExec : Graph {};

static Stream defaultStream;
static Handles<Stream> streams;
static Handles<Event> events;
static Handles<Graph> graphs;
static Handles<GraphExec> executables;

Stream* streamOf(void* handle) {
  // null, CU_STREAM_LEGACY and CU_STREAM_PER_THREAD
  return (size_t)handle <= 2 ? &defaultStream : streams.find(handle);
}

static void runNext(Stream& stream) {
  Work work = std::move(stream.queue.front());
  stream.queue.pop_front();
  work();
}

void finish(Stream& stream) {
  while (!stream.queue.empty()) runNext(stream);
}

void finishAll() {
  finish(defaultStream);
  for (Stream* stream : streams.all()) finish(*stream);
}

// The default stream waits for blocking streams, and they for it.
static void waitForDefaultStream(Stream& stream) {
  if (!stream.blocking || &stream == &defaultStream) return;
  finish(defaultStream);
}

int enterDefaultStream() {
  for (Stream* stream : streams.all()) {
    if (!stream->blocking) continue;
    if (stream->capture) {
      stream->capture->invalid = true;
      return STREAM_CAPTURE_IMPLICIT;
    }
    finish(*stream);
  }
  finish(defaultStream);
  return SUCCESS;
}

int submit(Stream& stream, Work work) {
  if (stream.capture) {
    if (stream.capture->invalid) return STREAM_CAPTURE_INVALIDATED;
    stream.capture->work.push_back(std::move(work));
    return SUCCESS;
  }
  if (&stream == &defaultStream) {
    if (int refused = enterDefaultStream()) return refused;
  }
  waitForDefaultStream(stream);
  stream.queue.push_back(std::move(work));
  if (!settings().asynchronous) finish(stream);
  return stickyError();
}

int refusalByCapture() {
  for (Stream* stream : streams.all()) {
    Capture* capture = stream->capture.get();
    if (!capture) continue;
    bool other = capture->thread != std::this_thread::get_id();
    if (capture->mode == 2 || (capture->mode == 1 && other)) continue;  // relaxed, thread-local
    capture->invalid = true;
    complain("a call that is forbidden while a graph is captured");
    return STREAM_CAPTURE_UNSUPPORTED;
  }
  return SUCCESS;
}

// To wait for a stream that captures, or ask for its state, spoils the capture in every mode.
static int enterWait(Stream& stream) {
  if (!stream.capture) return SUCCESS;
  stream.capture->invalid = true;
  complain("the host waits for a stream that is being captured");
  return STREAM_CAPTURE_UNSUPPORTED;
}

static int enterWait(const Event& event) {
  if (!event.capturedBy) return SUCCESS;
  for (Stream* stream : streams.all()) {
    if (stream->capture.get() == event.capturedBy) stream->capture->invalid = true;
  }
  complain("the host waits for an event that was captured, not recorded");
  return CAPTURED_EVENT;
}

static void finish(Mark& mark) {
  while (!mark.done) runNext(*mark.stream);
}

}  // namespace stand_in

using namespace stand_in;

int mmib_stand_in_submit(void* handle, void (*run)(void*), void (*drop)(void*), void* work) {
  std::shared_ptr<void> owned(work, drop);
  ENTER();
  Stream* stream = streamOf(handle);
  if (!stream) return INVALID_HANDLE;
  return submit(*stream, [=] { run(owned.get()); });
}

// ---- streams

API cuStreamCreate(void** handle, unsigned flags) {
  ENTER();
  if (flags > 1) return INVALID_VALUE;
  Stream* stream = streams.add(new Stream);
  stream->blocking = !(flags & 1);  // CU_STREAM_NON_BLOCKING
  *handle = stream;
  return SUCCESS;
}
API cuStreamCreateWithPriority(void** handle, unsigned flags, int) {
  return cuStreamCreate(handle, flags);
}
API cuStreamSynchronize(void* handle) {
  ENTER();
  Stream* stream = streamOf(handle);
  if (!stream) return INVALID_HANDLE;
  if (int refused = enterWait(*stream)) return refused;
  finish(*stream);
  return stickyError();
}
API cuStreamQuery(void* handle) {
  ENTER();
  Stream* stream = streamOf(handle);
  if (!stream) return INVALID_HANDLE;
  if (int refused = enterWait(*stream)) return refused;
  if (stream->queue.empty()) return SUCCESS;
  runNext(*stream);  // who asks again and again sees it end
  return NOT_READY;
}
API cuStreamDestroy_v2(void* handle) {
  ENTER();
  Stream* stream = streams.find(handle);
  if (!stream) return INVALID_HANDLE;
  finish(*stream);
  streams.remove(handle);
  return SUCCESS;
}
API cuStreamWaitEvent(void* handle, void* eventHandle, unsigned) {
  ENTER();
  Stream* stream = streamOf(handle);
  Event* event = events.find(eventHandle);
  if (!stream || !event) return INVALID_HANDLE;
  if (event->capturedBy) {
    if (event->capturedBy == stream->capture.get()) return SUCCESS;  // in order anyway
    complain("cuStreamWaitEvent: captures that fork to another stream are not emulated");
    return NOT_SUPPORTED;
  }
  if (stream->capture) {
    stream->capture->invalid = true;
    return STREAM_CAPTURE_ISOLATION;
  }
  std::shared_ptr<Mark> mark = event->mark;
  return mark ? submit(*stream, [=] { finish(*mark); }) : SUCCESS;
}

// ---- events

API cuEventCreate(void** handle, unsigned) {
  ENTER();
  *handle = events.add(new Event);
  return SUCCESS;
}
API cuEventDestroy_v2(void* handle) {
  ENTER();
  return events.remove(handle) ? SUCCESS : INVALID_HANDLE;
}
API cuEventRecord(void* handle, void* streamHandle) {
  ENTER();
  Stream* stream = streamOf(streamHandle);
  Event* event = events.find(handle);
  if (!stream || !event) return INVALID_HANDLE;
  event->capturedBy = stream->capture.get();
  if (event->capturedBy) return SUCCESS;  // a dependency within the graph, no more
  auto mark = event->mark = std::make_shared<Mark>();
  mark->stream = stream;
  return submit(*stream, [=] {
    mark->time = std::chrono::steady_clock::now();
    mark->done = true;
  });
}
API cuEventSynchronize(void* handle) {
  ENTER();
  Event* event = events.find(handle);
  if (!event) return INVALID_HANDLE;
  if (int refused = enterWait(*event)) return refused;
  if (event->mark) finish(*event->mark);
  return stickyError();
}
API cuEventQuery(void* handle) {
  ENTER();
  Event* event = events.find(handle);
  if (!event) return INVALID_HANDLE;
  if (int refused = enterWait(*event)) return refused;
  if (!event->mark || event->mark->done) return SUCCESS;
  runNext(*event->mark->stream);
  return NOT_READY;
}
API cuEventElapsedTime(float* milliseconds, void* startHandle, void* endHandle) {
  ENTER();
  Event* start = events.find(startHandle);
  Event* end = events.find(endHandle);
  if (!start || !end || !start->mark || !end->mark) return INVALID_HANDLE;
  if (start->capturedBy || end->capturedBy) return CAPTURED_EVENT;
  if (!start->mark->done || !end->mark->done) return NOT_READY;
  *milliseconds =
      std::chrono::duration<float, std::milli>(end->mark->time - start->mark->time).count();
  return SUCCESS;
}

// ---- graphs

API cuStreamBeginCapture_v2(void* handle, int mode) {
  ENTER();
  Stream* stream = streamOf(handle);
  if (!stream) return INVALID_HANDLE;
  if (mode < 0 || mode > 2 || stream->capture) return INVALID_VALUE;
  if (stream == &defaultStream) return STREAM_CAPTURE_UNSUPPORTED;
  stream->capture = std::make_unique<Capture>();
  stream->capture->mode = mode;
  stream->capture->thread = std::this_thread::get_id();
  return SUCCESS;
}
API cuStreamIsCapturing(void* handle, int* status) {
  ENTER();
  Stream* stream = streamOf(handle);
  if (!stream) return INVALID_HANDLE;
  *status = !stream->capture ? 0 : stream->capture->invalid ? 2 : 1;
  return SUCCESS;
}
API cuStreamEndCapture(void* handle, void** graph) {
  ENTER();
  Stream* stream = streamOf(handle);
  if (!stream) return INVALID_HANDLE;
  if (!stream->capture) return INVALID_VALUE;
  if (stream->capture->mode != 2 && stream->capture->thread != std::this_thread::get_id()) {
    return STREAM_CAPTURE_WRONG_THREAD;
  }
  std::unique_ptr<Capture> capture = std::move(stream->capture);
  for (Event* event : events.all()) {
    if (event->capturedBy == capture.get()) event->capturedBy = nullptr;
  }
  *graph = nullptr;
  if (capture->invalid) return STREAM_CAPTURE_INVALIDATED;
  auto work = std::make_shared<const std::vector<Work>>(std::move(capture->work));
  *graph = graphs.add(new Graph{work});
  return SUCCESS;
}
API cuGraphInstantiateWithFlags(void** executable, void* graphHandle, unsigned long long) {
  ENTER();
  Graph* graph = graphs.find(graphHandle);
  if (!graph) return INVALID_HANDLE;
  *executable = executables.add(new GraphExec{*graph});
  return SUCCESS;
}
API cuGraphLaunch(void* handle, void* streamHandle) {
  ENTER();
  GraphExec* executable = executables.find(handle);
  Stream* stream = streamOf(streamHandle);
  if (!executable || !stream) return INVALID_HANDLE;
  return submit(*stream, [work = executable->work] {
    for (const Work& node : *work) node();
  });
}
API cuGraphUpload(void* handle, void*) {
  ENTER();
  return executables.find(handle) ? SUCCESS : INVALID_HANDLE;
}
API cuGraphExecDestroy(void* handle) {
  ENTER();
  return executables.remove(handle) ? SUCCESS : INVALID_HANDLE;
}
API cuGraphDestroy(void* handle) {
  ENTER();
  return graphs.remove(handle) ? SUCCESS : INVALID_HANDLE;
}
