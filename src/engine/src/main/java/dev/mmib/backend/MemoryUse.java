package dev.mmib.backend;

/**
 * What a backend's buffers take.
 *
 * @param liveBuffers buffers allocated and not yet closed
 * @param liveBytes their size
 * @param peakBytes the largest {@code liveBytes} so far
 */
public record MemoryUse(long liveBuffers, long liveBytes, long peakBytes) {}
