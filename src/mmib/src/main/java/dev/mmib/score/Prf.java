package dev.mmib.score;

/**
 * Precision, recall and F1, as fractions.
 *
 * <pre>
 *   p = correct / predicted    r = correct / gold    f1 = 2 p r / (p + r)    (0 where a divisor is 0)
 * </pre>
 *
 * @param support how many there are in the gold labels
 */
public record Prf(double precision, double recall, double f1, int support) {

  /** Of counts. */
  public static Prf of(Counts counts) {
    double p = counts.predicted() == 0 ? 0 : (double) counts.correct() / counts.predicted();
    double r = counts.gold() == 0 ? 0 : (double) counts.correct() / counts.gold();
    return new Prf(p, r, p + r == 0 ? 0 : 2 * p * r / (p + r), counts.gold());
  }
}
