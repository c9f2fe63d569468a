package dev.mmib.text;

/** Which of two texts gives way where both do not fit. */
public enum Truncation {
  /** Piece by piece from the end of the longer one; of two equal ones the second. */
  LONGEST_FIRST,
  ONLY_FIRST,
  ONLY_SECOND
}
