package dev.mmib.data;

/** Whether the released code is followed to the letter or with its mistakes put right. */
public enum Fidelity {
  /** The behaviour that is meant: real positions only, whole words, every marker written. */
  CORRECTED,
  /** What the released code does, so that results can be compared number by number. */
  REFERENCE
}
