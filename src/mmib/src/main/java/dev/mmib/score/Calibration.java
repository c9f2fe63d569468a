package dev.mmib.score;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.stat.interval.WilsonScoreInterval;

/**
 * How far scores can be taken for what they claim to be: probabilities of being right.
 *
 * <p>Predictions are put into bins of equal width by their score; bin m holds the scores in ((m −
 * 1)/M, m/M], the first one 0 as well. Of a calibrated model, a share of about s of the predictions
 * scored s are right.
 *
 * <pre>
 *   ECE   = Σ_m |B_m| / n · | share right in B_m − mean score in B_m |
 *   Brier = 1/n · Σ_i (score_i − right_i)²                          right_i ∈ {0, 1}
 * </pre>
 *
 * <p>Sources: Naeini, Cooper, Hauskrecht (AAAI 2015) and Guo, Pleiss, Sun, Weinberger (ICML 2017)
 * for the error; Brier (Monthly Weather Review 78, 1950) for the score, here of the one event that
 * the prediction is right; Wilson (JASA 22, 1927) for the interval of a share. What was not
 * predicted has no score and is not in here: recall is another question.
 *
 * @param n predictions
 * @param ece expected calibration error, 0 to 1
 * @param brier 0 at best, 1 at worst; 0.25 for saying 0.5 each time
 * @param accuracy share that is right
 * @param meanScore what the scores claim that share to be
 * @param bins all of them, the empty ones too
 */
public record Calibration(
    int n, double ece, double brier, double accuracy, double meanScore, List<Bin> bins) {

  /** How many bins there are. */
  public static final int BINS = 10;

  private static final double CONFIDENCE = 0.95;

  public Calibration {
    bins = List.copyOf(bins);
  }

  /**
   * A prediction, and whether it is right.
   *
   * @param score its probability, as the model has it
   */
  public record Outcome(double score, boolean right) {

    public Outcome {
      if (!(score >= 0 && score <= 1)) {
        throw new IllegalArgumentException("Outcome: a score of " + score + " vs 0 to 1");
      }
    }
  }

  /**
   * The predictions of one bin.
   *
   * @param low scores are above it, in the first bin also equal
   * @param high scores are not above it
   * @param meanScore not a number in an empty bin, like what follows
   * @param accuracy share that is right
   * @param accuracyLow from here
   * @param accuracyHigh to here that share may well lie in truth: 95 %, after Wilson
   */
  public record Bin(
      double low,
      double high,
      int count,
      double meanScore,
      double accuracy,
      double accuracyLow,
      double accuracyHigh) {}

  /** Of one prediction or more. */
  public static Calibration of(List<Outcome> outcomes) {
    int n = outcomes.size();
    if (n == 0) {
      throw new IllegalArgumentException("calibration: 0 vs 1 or more predictions: nothing to say");
    }
    var counts = new int[BINS];
    var right = new int[BINS];
    var scores = new double[BINS];
    double brier = 0;
    for (var outcome : outcomes) {
      int bin = Math.max(0, (int) Math.ceil(outcome.score() * BINS) - 1);
      counts[bin]++;
      right[bin] += outcome.right() ? 1 : 0;
      scores[bin] += outcome.score();
      double miss = outcome.score() - (outcome.right() ? 1 : 0);
      brier += miss * miss;
    }
    var bins = new ArrayList<Bin>();
    double error = 0;
    for (int bin = 0; bin < BINS; bin++) {
      bins.add(bin(bin, counts[bin], right[bin], scores[bin]));
      error += Math.abs(right[bin] - scores[bin]) / n;
    }
    return new Calibration(
        n,
        error,
        brier / n,
        (double) outcomes.stream().filter(Outcome::right).count() / n,
        outcomes.stream().mapToDouble(Outcome::score).sum() / n,
        bins);
  }

  private static Bin bin(int bin, int count, int right, double scores) {
    double low = (double) bin / BINS;
    double high = (bin + 1.0) / BINS;
    if (count == 0) {
      return new Bin(low, high, 0, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }
    var share = new WilsonScoreInterval().createInterval(count, right, CONFIDENCE);
    return new Bin(
        low,
        high,
        count,
        scores / count,
        (double) right / count,
        Math.max(0, share.getLowerBound()),
        Math.min(1, share.getUpperBound()));
  }
}
