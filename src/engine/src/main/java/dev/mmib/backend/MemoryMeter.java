package dev.mmib.backend;

import java.util.concurrent.atomic.AtomicLong;

/** Counts the buffers of one backend; may be used by many threads. */
public final class MemoryMeter {

  private final AtomicLong liveBuffers = new AtomicLong();
  private final AtomicLong liveBytes = new AtomicLong();
  private final AtomicLong peakBytes = new AtomicLong();

  public void allocated(long bytes) {
    liveBuffers.incrementAndGet();
    long now = liveBytes.addAndGet(bytes);
    peakBytes.accumulateAndGet(now, Math::max);
  }

  public void freed(long bytes) {
    liveBuffers.decrementAndGet();
    liveBytes.addAndGet(-bytes);
  }

  public MemoryUse use() {
    return new MemoryUse(liveBuffers.get(), liveBytes.get(), peakBytes.get());
  }
}
