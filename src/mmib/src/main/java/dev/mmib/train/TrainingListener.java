package dev.mmib.train;

/** Is told how a training goes. Called on the training thread, in order. */
public interface TrainingListener {

  /** Hears nothing. */
  TrainingListener NONE = new TrainingListener() {};

  /** A step is done. */
  default void stepped(StepReport report) {}

  /** An epoch is done and the dev set was scored. */
  default void scored(EpochReport report) {}

  /** A split is being scored: {@code done} of {@code total} rows so far. */
  default void scoring(String split, int done, int total) {}
}
