package dev.mmib.tensor;

/** What a {@link Scope} is for. */
public enum Mode {
  /** Ops are recorded for {@link Tape#gradients}; dropout drops and noise is drawn. */
  TRAIN,
  /** Nothing is recorded; dropout does nothing and z = μ. */
  INFER
}
