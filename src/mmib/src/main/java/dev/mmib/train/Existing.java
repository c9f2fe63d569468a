package dev.mmib.train;

/** What to do with an output directory that is there already. */
public enum Existing {
  /** Take an empty one only. */
  REFUSE,

  /** Remove the results of an earlier training; other files stay. */
  OVERWRITE,

  /** Keep everything and go on from the newest checkpoint. */
  RESUME
}
