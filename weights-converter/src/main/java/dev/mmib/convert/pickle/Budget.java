package dev.mmib.convert.pickle;

/**
 * What one pickle may cost at most.
 *
 * @param operations opcodes carried out; also the values of the result, written out as a tree
 * @param memo remembered values
 * @param text bytes of strings and names
 * @param containers lists, tuples, dictionaries and what constructors make
 * @param depth containers within containers in the result, so that it may be walked by recursion
 *     even through streams
 */
public record Budget(long operations, int memo, long text, int containers, int depth) {

  /** Ample for checkpoints: a tensor takes about thirty operations and five containers. */
  public static final Budget DEFAULT = new Budget(5_000_000, 1_000_000, 64_000_000, 1_000_000, 200);
}
