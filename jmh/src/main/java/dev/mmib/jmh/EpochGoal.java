package dev.mmib.jmh;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How much a training gains by keeping pictures' features, against what it could at most.
 *
 * <p>An epoch that computes them in every step takes t_step + t_images a step, one that keeps them
 * t_step: the ratio is at most 1 + t_images / t_step, and is to be at least 0.9 of that.
 */
final class EpochGoal {

  static final String GROUP = "mmib-epoch";
  static final String EPOCH = "step-of-epoch";
  static final String PARTS = "step-and-pictures";

  private static final double SHARE = 0.9;

  private EpochGoal() {}

  /** A sentence; empty where one of the two was not measured. */
  static String text(List<Scores> measured) {
    var epoch = ratio(measured, EPOCH);
    var parts = ratio(measured, PARTS);
    if (epoch == null || parts == null) {
      return "";
    }
    double most = 1 + parts.median();
    return String.format(
        Locale.ROOT,
        "Keeping the features makes a step of an epoch **%.2f** times as fast; 1 + t_images / t_step"
            + " is %.2f: %.0f %% of it, where %.0f %% are the goal.%n%n",
        epoch.median(),
        most,
        100 * epoch.median() / most,
        100 * SHARE);
  }

  private static Scores.@Nullable Spread ratio(List<Scores> measured, String name) {
    for (var scores : measured) {
      if (scores.group().equals(GROUP) && scores.name().equals(name)) {
        return scores.contenders().get(1).ratio();
      }
    }
    return null;
  }
}
