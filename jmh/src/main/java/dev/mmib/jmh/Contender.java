package dev.mmib.jmh;

/** One engine that has made itself ready to do one {@link Workload}. Used by one thread. */
public interface Contender extends AutoCloseable {

  /** No result that could be compared with others. */
  float[] NO_RESULT = {};

  /** Does the work once; it is complete when this returns. */
  void run();

  /**
   * What the work gives, asked for once, before anything is measured: contenders that give other
   * numbers do other work. {@link #NO_RESULT} where that cannot be said.
   */
  float[] result();

  /** Tidies up after a run, outside of the measured time. */
  default void between() {}

  /** Names and versions of what computes. */
  String description();

  @Override
  void close();
}
