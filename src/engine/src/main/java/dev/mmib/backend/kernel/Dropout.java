package dev.mmib.backend.kernel;

/**
 * Which elements are dropped: those whose uniform number is below {@code p}.
 *
 * <p>Kept elements are multiplied by 1/(1−p). The uniform number of element i is given by {@link
 * dev.mmib.backend.Philox}, so that the backward pass finds the same mask again.
 *
 * @param p probability of being dropped, in [0, 1)
 */
public record Dropout(double p, long seed, long stream) {

  public static final Dropout NONE = new Dropout(0, 0, 0);

  public Dropout {
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException("dropout: probability " + p + " vs [0, 1)");
    }
  }

  public boolean isNone() {
    return p == 0;
  }
}
