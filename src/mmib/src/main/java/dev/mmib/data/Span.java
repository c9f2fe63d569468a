package dev.mmib.data;

/** A run of tokens, {@code end} exclusive. */
public record Span(int start, int end) {

  public Span {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          "span: [" + start + ", " + end + ") vs 0 <= start < end: give a run of tokens");
    }
  }

  public int length() {
    return end - start;
  }

  /** Whether the two spans share a token. */
  public boolean overlaps(Span other) {
    return start < other.end && other.start < end;
  }

  @Override
  public String toString() {
    return "[" + start + ", " + end + ")";
  }
}
