package dev.mmib.tensor;

/**
 * Where a sequence of random tensors stands: a seed, and the number of the next stream.
 *
 * <p>Each random op takes one stream. Saving the two numbers and going on from them later gives the
 * same noise bit for bit.
 */
public final class RandomState {

  private final long seed;
  private long next;

  public RandomState(long seed, long next) {
    this.seed = seed;
    this.next = next;
  }

  public long seed() {
    return seed;
  }

  /** The number that the next op will get. */
  public long position() {
    return next;
  }

  /** Takes a stream. */
  public long nextStream() {
    return next++;
  }
}
