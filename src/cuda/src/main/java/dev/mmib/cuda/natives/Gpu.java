package dev.mmib.cuda.natives;

import java.util.Locale;

/**
 * A GPU as the driver describes it.
 *
 * @param name such as {@code NVIDIA H200}
 * @param major of its compute capability
 * @param minor of its compute capability
 * @param memoryBytes all that it has
 */
record Gpu(String name, int major, int minor, long memoryBytes) {

  /** The compute capability that the kernels are compiled for: 8.0, Ampere. */
  static final int OLDEST_MAJOR = 8;

  /** Whether it is older than what the kernels are compiled for. */
  boolean isTooOld() {
    return major < OLDEST_MAJOR;
  }

  /** Why it cannot be used, if it {@linkplain #isTooOld() is too old}. */
  String tooOld() {
    return "%s has compute capability %d.%d, and the kernels need %d.0 (Ampere) or newer"
        .formatted(name, major, minor, OLDEST_MAJOR);
  }

  @Override
  public String toString() {
    double gib = memoryBytes / (double) (1L << 30);
    return String.format(
        Locale.ROOT, "%s (compute capability %d.%d, %.1f GiB)", name, major, minor, gib);
  }
}
