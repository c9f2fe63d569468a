package dev.mmib.score;

/** How many were predicted rightly, predicted at all, and are in the gold labels. */
public record Counts(int correct, int predicted, int gold) {

  public static final Counts NONE = new Counts(0, 0, 0);

  public Counts plus(Counts other) {
    return new Counts(correct + other.correct, predicted + other.predicted, gold + other.gold);
  }
}
