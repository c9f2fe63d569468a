package dev.mmib.predict;

import dev.mmib.error.MmibException;
import org.jspecify.annotations.Nullable;

/**
 * How one post of several fared: exactly one of the two is not null.
 *
 * @param error why this post could not be read; the others are not touched by it
 */
public record Outcome(@Nullable Extraction extraction, @Nullable MmibException error) {

  static Outcome of(Extraction extraction) {
    return new Outcome(extraction, null);
  }

  static Outcome failed(MmibException error) {
    return new Outcome(null, error);
  }

  /** The extraction, or the error thrown. */
  public Extraction orElseThrow() {
    if (extraction == null) {
      throw error != null ? error : new IllegalStateException("outcome: neither result nor error");
    }
    return extraction;
  }
}
