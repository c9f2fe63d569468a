package dev.mmib.train;

/**
 * Linear warm-up, then a cosine to zero, as {@code transformers} computes it.
 *
 * <pre>
 *   factor(k) = k / max(1, warmup)                                       k &lt; warmup
 *             = max(0, ½ (1 + cos(2π · cycles · p))),  p = (k − warmup) / max(1, total − warmup)
 * </pre>
 *
 * @param cycles waves after the warm-up; a half falls from 1 to 0 once
 */
public record CosineSchedule(double warmupSteps, long totalSteps, double cycles)
    implements Schedule {

  @Override
  public double factor(long step) {
    if (step < warmupSteps) {
      return step / Math.max(1, warmupSteps);
    }
    double progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
    return Math.max(0, 0.5 * (1 + Math.cos(2 * Math.PI * cycles * progress)));
  }
}
