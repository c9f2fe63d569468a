package dev.mmib.cuda;

/** Numbers mixed into one, so that calls with other arguments look different. */
final class Fingerprint {

  private Fingerprint() {}

  /** Goes on from {@code hash}; the mixing of SplitMix64 (Steele, Lea, Flood 2014). */
  static long of(long hash, long value) {
    long z = (hash ^ value) + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  static long of(long hash, long... values) {
    for (long value : values) {
      hash = of(hash, value);
    }
    return hash;
  }
}
