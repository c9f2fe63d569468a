package dev.mmib.cuda;

import dev.mmib.backend.DType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The recordings of one stream by key, the ones used last. */
final class Recordings implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Recordings.class);

  /** Each holds the memory of a whole step. */
  private static final int MOST = 8;

  /** A recording and the number in device memory that its random streams start from. */
  private record Entry(Recording recording, CudaBuffer base) {}

  private final CudaStream stream;
  private final Map<Object, Entry> byKey = new LinkedHashMap<>(16, 0.75f, true);
  private @Nullable Entry running;
  private @Nullable Thread thread;
  private long randomPosition;
  private boolean warned;
  private long replays;

  Recordings(CudaStream stream) {
    this.stream = stream;
  }

  private @Nullable Entry here() {
    return running != null && thread == Thread.currentThread() ? running : null;
  }

  /** The recording that this thread's calls belong to, or null. */
  @Nullable Recording current() {
    var entry = here();
    return entry == null ? null : entry.recording();
  }

  /** Where the number is that is added to random streams: that of the recording, or a zero. */
  long randomBase(CudaBuffer zero) {
    var entry = here();
    return (entry == null ? zero : entry.base()).address();
  }

  /** Runs so far whose calls to the device were all left to graphs. */
  long replays() {
    return replays;
  }

  long randomPosition() {
    return here() == null ? 0 : randomPosition;
  }

  <T extends @Nullable Object> T repeat(Object key, long position, Supplier<T> work) {
    if (here() != null) {
      return work.get(); // within recorded work it is a part of that
    }
    stream.lock().lock();
    try {
      stream.enter();
      var entry = entry(key);
      if (entry.recording().isInUse()) {
        warnOnce(key);
        return work.get();
      }
      return run(key, entry, position, work);
    } finally {
      stream.lock().unlock();
    }
  }

  private Entry entry(Object key) {
    var known = byKey.get(key);
    if (known != null) {
      return known;
    }
    if (byKey.size() == MOST) {
      var values = byKey.values().iterator();
      var oldest = values.next();
      values.remove();
      close(oldest);
    }
    try (var opening = new Opened()) {
      var base = opening.add(stream.internal(DType.I32, 2), CudaBuffer::close);
      var recording = new Recording(stream.handle(), new RecordedMemory(stream.memory()));
      var entry = new Entry(recording, base);
      byKey.put(key, entry);
      opening.keep();
      return entry;
    }
  }

  private <T extends @Nullable Object> T run(
      Object key, Entry entry, long position, Supplier<T> work) {
    try {
      return run(entry, position, work);
    } catch (Throwable e) {
      abort(key, entry, e);
      throw e;
    }
  }

  private <T extends @Nullable Object> T run(Entry entry, long position, Supplier<T> work) {
    var recording = entry.recording();
    thread = Thread.currentThread();
    running = entry;
    randomPosition = position;
    stream.memory().record(recording.memory());
    try {
      recording.begin();
      var words = new int[] {(int) position, (int) (position >>> 32)};
      stream.upload(words, 0, entry.base(), 0, 2);
      var result = work.get();
      stream.enter(); // the work may have used another device
      recording.end();
      replays += recording.wasReplayed() ? 1 : 0;
      return result;
    } finally {
      running = null;
      thread = null;
      stream.memory().record(null);
    }
  }

  /** Ends a run that failed; whatever fails here as well hides nothing. */
  private void abort(Object key, Entry entry, Throwable failure) {
    try {
      stream.enter();
      entry.recording().abort();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
    if (!entry.recording().isComplete()) {
      byKey.remove(key);
      try {
        close(entry);
      } catch (RuntimeException e) {
        failure.addSuppressed(e);
      }
    }
  }

  private void warnOnce(Object key) {
    if (!warned) {
      warned = true;
      LOG.warn("results of the last run of {} are still in use: it runs without its graph", key);
    }
  }

  private static void close(Entry entry) {
    entry.recording().close();
    entry.base().close();
  }

  @Override
  public void close() {
    byKey.values().forEach(Recordings::close);
    byKey.clear();
  }
}
