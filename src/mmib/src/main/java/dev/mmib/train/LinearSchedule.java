package dev.mmib.train;

/**
 * Linear warm-up, then linear decay to zero, as {@code transformers} computes it.
 *
 * <pre>
 *   factor(k) = k / max(1, warmup)                              k &lt; warmup
 *             = max(0, (total − k) / max(1, total − warmup))    otherwise
 * </pre>
 *
 * @param warmupSteps may be fractional: a share of the steps usually is
 * @param totalSteps after so many the factor stays 0
 */
public record LinearSchedule(double warmupSteps, long totalSteps) implements Schedule {

  public LinearSchedule {
    if (!(warmupSteps >= 0) || totalSteps < 0 || warmupSteps > Math.max(1, totalSteps)) {
      throw new IllegalArgumentException(
          "schedule: "
              + warmupSteps
              + " warm-up steps of "
              + totalSteps
              + " vs 0 to all of them: give a share of the steps");
    }
  }

  /** Warm-up over a share of the steps, 0 to 1. */
  public static LinearSchedule of(double warmup, long totalSteps) {
    return new LinearSchedule(warmup * totalSteps, totalSteps);
  }

  @Override
  public double factor(long step) {
    if (step < warmupSteps) {
      return step / Math.max(1, warmupSteps);
    }
    return Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
  }
}
