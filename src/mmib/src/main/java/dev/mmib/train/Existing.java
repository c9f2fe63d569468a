package dev.mmib.train;

/** What is done with the results of an earlier training in the directory of a new one. */
public enum Existing {
  /** They are left alone, and the training is refused. */
  REFUSE,
  /** They are removed. */
  OVERWRITE,
  /** The training goes on from its last checkpoint; another configuration or data is refused. */
  RESUME,
  /** The same with another configuration or data: no longer the training that it was. */
  RESUME_DIFFERENT;

  boolean isResuming() {
    return this == RESUME || this == RESUME_DIFFERENT;
  }
}
