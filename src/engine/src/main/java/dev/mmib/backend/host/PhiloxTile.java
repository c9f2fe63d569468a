package dev.mmib.backend.host;

import dev.mmib.backend.kernel.Dropout;

/**
 * A tile of {@link dev.mmib.backend.Philox}'s numbers, drawn side by side.
 *
 * <p>Each of the four counter words has an array of longs, which hold 32 bits: products of 64 bits
 * are then plain multiplications, and the JIT makes vector instructions of every loop (measured:
 * dropout became four times as fast as block by block). A thread has one of them.
 */
public final class PhiloxTile {

  /** Elements of a tile. */
  public static final int LENGTH = 1024;

  private static final int BLOCKS = LENGTH / 4;
  private static final long LOW = 0xFFFFFFFFL;
  private static final long M0 = 0xD2511F53L;
  private static final long M1 = 0xCD9E8D57L;
  private static final long W0 = 0x9E3779B9L;
  private static final long W1 = 0xBB67AE85L;
  private static final int ROUNDS = 10;

  private static final PerThread<PhiloxTile> EACH = new PerThread<>(PhiloxTile::new);

  // One more block, for tiles that begin within one.
  private final long[] c0 = new long[BLOCKS + 1];
  private final long[] c1 = new long[BLOCKS + 1];
  private final long[] c2 = new long[BLOCKS + 1];
  private final long[] c3 = new long[BLOCKS + 1];
  private final float[] factorOf = new float[2];

  private PhiloxTile() {}

  /** The calling thread's. */
  public static PhiloxTile ofThread() {
    return EACH.ofThread();
  }

  /** {@code to[j]} is the uniform number of element {@code first + j}, for j below {@code n}. */
  void uniform(long seed, long stream, long first, float[] to, int n) {
    for (int at = 0; at < n; at += LENGTH) {
      int m = Math.min(LENGTH, n - at);
      draw(seed, stream, first + at, m);
      int skip = (int) ((first + at) & 3);
      for (int j = 0; j < m; j++) {
        to[at + j] = (words(skip + j & 3)[skip + j >>> 2] >>> 8) * 0x1p-24f;
      }
    }
  }

  /**
   * {@code factors[j]} is that of element {@code first + j}, for j below {@code n}: 0 where it is
   * dropped, 1/(1−p) where it is kept.
   */
  public void factors(Dropout dropout, long first, float[] factors, int n) {
    factorOf[0] = (float) (1 / (1 - dropout.p()));
    factorOf[1] = 0;
    for (int at = 0; at < n; at += LENGTH) {
      int m = Math.min(LENGTH, n - at);
      draw(dropout.seed(), dropout.stream(), first + at, m);
      // Of numbers with 24 bits, those below p are those below this one.
      long bound = (long) Math.ceil(dropout.p() * 0x1p24);
      for (int word = 0; word < 4; word++) {
        compare(words(word), bound, blocks(first + at, m));
      }
      select((int) ((first + at) & 3), factors, at, m);
    }
  }

  private void select(int skip, float[] factors, int at, int n) {
    int j = 0;
    if (skip == 0) {
      for (; j + 4 <= n; j += 4) {
        int block = j >>> 2;
        factors[at + j] = factorOf[(int) c0[block]];
        factors[at + j + 1] = factorOf[(int) c1[block]];
        factors[at + j + 2] = factorOf[(int) c2[block]];
        factors[at + j + 3] = factorOf[(int) c3[block]];
      }
    }
    for (; j < n; j++) {
      factors[at + j] = factorOf[(int) words(skip + j & 3)[skip + j >>> 2]];
    }
  }

  private long[] words(int word) {
    return switch (word) {
      case 0 -> c0;
      case 1 -> c1;
      case 2 -> c2;
      default -> c3;
    };
  }

  private static int blocks(long first, int n) {
    return (int) ((first & 3) + n + 3) >>> 2;
  }

  private void draw(long seed, long stream, long first, int n) {
    int blocks = blocks(first, n);
    count(c0, c1, first >>> 2, blocks);
    fill(c2, stream & LOW, blocks);
    fill(c3, stream >>> 32, blocks);
    long k0 = seed & LOW;
    long k1 = seed >>> 32;
    for (int r = 0; r < ROUNDS; r++) {
      round(c0, c1, c2, c3, k0, k1, blocks);
      k0 = k0 + W0 & LOW;
      k1 = k1 + W1 & LOW;
    }
  }

  private static void count(long[] low, long[] high, long first, int n) {
    for (int i = 0; i < n; i++) {
      low[i] = first + i & LOW;
      high[i] = first + i >>> 32;
    }
  }

  private static void fill(long[] to, long value, int n) {
    for (int i = 0; i < n; i++) {
      to[i] = value;
    }
  }

  private static void round(long[] c0, long[] c1, long[] c2, long[] c3, long k0, long k1, int n) {
    for (int i = 0; i < n; i++) {
      long p0 = M0 * c0[i];
      long p1 = M1 * c2[i];
      c0[i] = p1 >>> 32 ^ c1[i] ^ k0;
      c2[i] = p0 >>> 32 ^ c3[i] ^ k1;
      c1[i] = p1 & LOW;
      c3[i] = p0 & LOW;
    }
  }

  /** 1 where a word's number is below {@code bound}, else 0. */
  private static void compare(long[] words, long bound, int n) {
    for (int i = 0; i < n; i++) {
      words[i] = (words[i] >>> 8) - bound >>> 63;
    }
  }
}
