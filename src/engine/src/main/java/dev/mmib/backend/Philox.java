package dev.mmib.backend;

/**
 * Philox 4×32-10: random numbers as a function of (seed, stream, index), the same on every device.
 *
 * <p>Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011);
 * constants as in Random123. The counter is (index/4 low, index/4 high, stream low, stream high),
 * the key is the seed; element i uses word i mod 4.
 */
public final class Philox {

  private static final int M0 = 0xD2511F53;
  private static final int M1 = 0xCD9E8D57;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;
  private static final int ROUNDS = 10;

  private Philox() {}

  /** Fills {@code out[0..4)} with the words of elements {@code 4·block .. 4·block+3}. */
  public static void block(long seed, long stream, long block, int[] out) {
    rounds(
        (int) block,
        (int) (block >>> 32),
        (int) stream,
        (int) (stream >>> 32),
        (int) seed,
        (int) (seed >>> 32),
        out);
  }

  static void rounds(int c0, int c1, int c2, int c3, int k0, int k1, int[] out) {
    for (int r = 0; r < ROUNDS; r++) {
      long p0 = (M0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
      long p1 = (M1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c1 = (int) p1;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
  }

  /** A word as a uniform number in [0, 1) with 24 bits, exact in float. */
  public static float uniform(int word) {
    return (word >>> 8) * 0x1p-24f;
  }

  /**
   * Two words as one standard normal number (Box and Muller 1958): elements 2j and 2j+1 take cosine
   * and sine of the same pair of words.
   */
  public static double normal(int word0, int word1, boolean sine) {
    double u = ((word0 >>> 8) + 1) * 0x1p-24; // in (0, 1]: its logarithm is finite
    double angle = 2 * Math.PI * ((word1 >>> 8) * 0x1p-24);
    return Math.sqrt(-2 * Math.log(u)) * (sine ? Math.sin(angle) : Math.cos(angle));
  }
}
