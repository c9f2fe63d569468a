package dev.mmib.demo;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Chooses what the picture of a post shows, and says what can be concluded from it.
 *
 * <pre>
 *   stray ~ Bernoulli(s)       for every post, whatever its words and label
 *     stray:  the picture of one of the K labels, uniformly
 *     else:   a pattern with probability q, the picture of the post's label y otherwise
 * </pre>
 *
 * <p>So a picture shows label k of a post with label y with probability s/K, and (1 − s)(1 − q)
 * more if k = y; a pattern with probability (1 − s) q for every y. Words and picture are
 * independent given y, hence by Bayes' rule
 *
 * <pre>
 *   P(y | words, picture of k) ∝ P(y | words) · ( (1 − s)(1 − q) [y = k] + s/K )
 *   P(y | words, a pattern)    = P(y | words)
 * </pre>
 *
 * <p>A reader can do no better than by these probabilities, which is what the attainable score is
 * made of: at s = 0 a picture of k makes k certain, towards s = 1 pictures tell ever less.
 *
 * <p>Its chance is its own, so that the words are the same at every share; and the posts that stray
 * at one share do so at every larger one, with the same picture.
 */
final class Stray {

  /** What shows no label. */
  static final int PATTERN = -1;

  private static final int HUNDREDTHS = 100;
  private static final long SALT = 0x5742A9E1C36D8BF7L;

  private final int labels;
  private final double share;
  private final double patternShare;
  private final Random random;
  private final Deck<Integer> hundredths;

  Stray(DemoData.Options options, int labels) {
    this.labels = labels;
    this.share = hundredths(options.strayShare()) / (double) HUNDREDTHS;
    this.patternShare = hundredths(options.irrelevantShare()) / (double) HUNDREDTHS;
    this.random = new Random(options.seed() ^ SALT);
    this.hundredths = new Deck<>(IntStream.range(0, HUNDREDTHS).boxed().toList(), random);
  }

  /** As the decks have it. */
  private static long hundredths(double share) {
    return Math.round(share * HUNDREDTHS);
  }

  /** What the picture of a post with this label shows: a label, or {@link #PATTERN}. */
  int shown(int label, boolean pattern) {
    boolean strays = hundredths.draw() < hundredths(share);
    int any = random.nextInt(labels);
    return strays ? any : pattern ? PATTERN : label;
  }

  /** The probability of each label once the picture is seen. */
  double[] posterior(double[] fromText, int shown) {
    double[] p = fromText.clone();
    if (shown == PATTERN) {
      return p;
    }
    double sum = 0;
    for (int label = 0; label < labels; label++) {
      p[label] *= share / labels + (label == shown ? (1 - share) * (1 - patternShare) : 0);
      sum += p[label];
    }
    for (int label = 0; label < labels; label++) {
      p[label] /= sum;
    }
    return p;
  }

  /** Says it for a reader. */
  static String shows(int shown, List<String> labels) {
    return shown == PATTERN ? "a pattern" : labels.get(shown);
  }
}
