package dev.mmib.data;

/**
 * Something odd in a data set, with its place.
 *
 * @param place file and line
 */
public record Finding(Kind kind, String place, String what) {

  /** What is odd. */
  public enum Kind {
    /** Cannot be used: refused, or skipped where the reader is lenient. */
    INVALID_ROW,
    /** An I- tag that continues no entity; scores count it as the start of one. */
    ORPHAN_INSIDE_TAG,
    /** Several sentences name one picture. */
    REPEATED_IMAGE,
    /** Head and tail share tokens. */
    OVERLAPPING_SPANS,
    /** Head and tail are the same tokens. */
    EQUAL_SPANS,
    /** An entity's name is not the text of its tokens. */
    NAME_DIFFERS,
    /** A token holds the text of a relation marker. */
    MARKER_IN_TEXT,
    /** A span that cut words, which a lenient reader moved to their borders. */
    SNAPPED_SPAN,
    /** A key or column that means nothing here. */
    UNKNOWN_KEY,
    /** A token that has nothing a tokenizer keeps. */
    INVISIBLE_TOKEN,
    /** The same sentence occurs in two splits. */
    REPEATED_SENTENCE,
    /** The picture is not there. */
    MISSING_IMAGE,
    /** A label or relation that the training split does not have. */
    UNKNOWN_LABEL,
    /** A split has none of the labels that are to be learned. */
    NOTHING_TO_LEARN
  }

  @Override
  public String toString() {
    return place + ": " + what;
  }
}
