package dev.mmib.text;

import java.util.SplittableRandom;

/**
 * The ids of tokens, found by stretches of text without making strings of them.
 *
 * <p>Open addressing. A hash is carried on from unit to unit, so that one run over a word gives
 * those of all its beginnings; it starts at a number that is another one in every process, so that
 * no vocabulary can be made to collide.
 */
final class PieceTable {

  private static final String CONTINUATION = "##";
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  /** The hash of nothing: where the hash of a word starts. */
  static final long WORD = new SplittableRandom().nextLong();

  /** Where the hash of a later piece starts: {@code ##} has been seen. */
  static final long LATER_PIECE = hash(WORD, CONTINUATION);

  private final String[] tokens;
  // half of the hash above, the id plus one below; 0 where there is none
  private final long[] slots;
  private final int shift;

  /** A table for ids from 0 to {@code size} − 1. */
  PieceTable(int size) {
    int bits = 33 - Integer.numberOfLeadingZeros(Math.max(size, 1));
    this.tokens = new String[size];
    this.slots = new long[1 << bits];
    this.shift = 64 - bits;
  }

  /** The hash of what was hashed and one unit more. */
  static long hash(long before, char unit) {
    return (before ^ unit) * MULTIPLIER;
  }

  private static long hash(long before, String text) {
    long hash = before;
    for (int i = 0; i < text.length(); i++) {
      hash = hash(hash, text.charAt(i));
    }
    return hash;
  }

  /** Gives a token its id; the one it had before, or −1. */
  int put(String token, int id) {
    long hash = hash(WORD, token);
    int slot = slot(token, hash);
    int before = (int) slots[slot] - 1;
    tokens[id] = token;
    slots[slot] = hash << 32 | id + 1;
    return before;
  }

  /** The id of a token; −1 for one that was not put in. */
  int id(String token) {
    return (int) slots[slot(token, hash(WORD, token))] - 1;
  }

  /** Where a token is, or the free place where it would be. */
  private int slot(String token, long hash) {
    int slot = (int) (hash >>> shift);
    while (slots[slot] != 0
        && !((int) (slots[slot] >>> 32) == (int) hash
            && token.equals(tokens[(int) slots[slot] - 1]))) {
      slot = next(slot);
    }
    return slot;
  }

  private int next(int slot) {
    return slot + 1 & slots.length - 1;
  }

  /**
   * The id of a stretch of a word as a piece; −1 if it is none.
   *
   * @param hash from {@link #WORD}, or {@link #LATER_PIECE}, over the stretch
   */
  int id(char[] text, int from, int to, boolean first, long hash) {
    for (int slot = (int) (hash >>> shift); slots[slot] != 0; slot = next(slot)) {
      if ((int) (slots[slot] >>> 32) == (int) hash) {
        int id = (int) slots[slot] - 1;
        if (isPiece(tokens[id], text, from, to, first)) {
          return id;
        }
      }
    }
    return -1;
  }

  private static boolean isPiece(String token, char[] text, int from, int to, boolean first) {
    int skipped = first ? 0 : CONTINUATION.length();
    if (token.length() != to - from + skipped || !(first || token.startsWith(CONTINUATION))) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (token.charAt(i - from + skipped) != text[i]) {
        return false;
      }
    }
    return true;
  }
}
