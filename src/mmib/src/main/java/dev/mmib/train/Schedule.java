package dev.mmib.train;

/** How the learning rate changes over the steps, as a factor of its nominal value. */
@FunctionalInterface
public interface Schedule {

  /**
   * The factor for one step.
   *
   * @param step 0 for the first
   */
  double factor(long step);

  /** The nominal rate at every step. */
  static Schedule constant() {
    return step -> 1;
  }
}
