package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.data.TagSet;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Probabilities of a chain against sums over all taggings. */
class TagChainTest {

  private static final int LENGTH = 5;
  private static final int TAGS = 3;

  private final float[] emissions = random(1, LENGTH * TAGS);
  private final float[] transitions = random(2, TAGS * TAGS);
  private final float[] start = random(3, TAGS);
  private final float[] end = random(4, TAGS);

  private static float[] random(long seed, int size) {
    var random = new Random(seed);
    var values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (2 * random.nextGaussian());
    }
    return values;
  }

  /** Σ exp score over the taggings that {@code counts} takes. */
  private double sum(Predicate<int[]> counts) {
    double sum = 0;
    for (int code = 0; code < Math.pow(TAGS, LENGTH); code++) {
      var tags = new int[LENGTH];
      for (int t = 0, rest = code; t < LENGTH; t++, rest /= TAGS) {
        tags[t] = rest % TAGS;
      }
      if (counts.test(tags)) {
        double score = (double) start[tags[0]] + end[tags[LENGTH - 1]];
        for (int t = 0; t < LENGTH; t++) {
          score += emissions[t * TAGS + tags[t]];
          score += t == 0 ? 0 : transitions[tags[t - 1] * TAGS + tags[t]];
        }
        sum += Math.exp(score);
      }
    }
    return sum;
  }

  private TagChain chain(TagChain.Allowed allowed) {
    return new TagChain(emissions, transitions, start, end, allowed);
  }

  @Test
  void sumsOverAllTaggingsOfTheRest() {
    var chain = chain((place, tag) -> true);
    double all = sum(tags -> true);
    for (int from = 0; from < LENGTH; from++) {
      for (int to = from; to < LENGTH; to++) {
        int first = from;
        int last = to;
        double expected = sum(tags -> tags[first] == 1 && (first == last || tags[last] != 2)) / all;
        double got =
            chain.probability(
                first,
                last,
                (place, tag) -> place == first ? tag == 1 : place == last ? tag != 2 : true);
        assertEquals(expected, got, 1e-12, from + " to " + to);
      }
    }
  }

  @Test
  void conditionsOnWhatIsAllowed() {
    var chain = chain((place, tag) -> place % 2 == 1 || tag != 0);
    Predicate<int[]> allowed = tags -> tags[0] != 0 && tags[2] != 0 && tags[4] != 0;
    double expected = sum(tags -> allowed.test(tags) && tags[2] == 2) / sum(allowed);
    assertEquals(expected, chain.probability(2, 2, (place, tag) -> tag == 2), 1e-12);
    assertEquals(0, chain.probability(2, 2, (place, tag) -> tag == 0), 0);
    assertEquals(1, chain.probability(0, LENGTH - 1, (place, tag) -> true), 1e-12);
  }

  @Test
  void survivesHugeScores() {
    var huge = new float[] {1e6f, -1e6f, 0, -1e6f, 1e6f, 0};
    var chain = new TagChain(huge, transitions, start, end, (place, tag) -> true);
    assertEquals(1, chain.probability(0, 1, (place, tag) -> tag == place), 1e-12);
  }

  @Test
  void readsEntitiesAsTheScoreDoes() {
    var set = TagSet.of(List.of("B-PER", "I-PER", "B-LOC", "I-LOC", "O"));
    int x = set.continuation();
    // [CLS] B-PER X I-PER O I-LOC B-LOC B-LOC I-PER [SEP]; an orphan I- opens an entity.
    int[] tags = {
      set.cls(),
      set.index("B-PER"),
      x,
      set.index("I-PER"),
      set.outside(),
      set.index("I-LOC"),
      set.index("B-LOC"),
      set.index("B-LOC"),
      set.index("I-PER"),
      set.sep()
    };
    int[] words = {1, 3, 4, 5, 6, 7, 8};
    int size = set.size();
    var uniform =
        new TagChain(
            new float[tags.length * size],
            new float[size * size],
            new float[size],
            new float[size],
            (place, tag) -> true);
    var found = new EntityReader(set).read(tags, words, uniform);
    assertEquals(
        List.of("PER 1-3", "LOC 5-5", "LOC 6-6", "LOC 7-7", "PER 8-8"),
        found.stream().map(e -> e.type() + " " + e.firstPiece() + "-" + e.lastPiece()).toList());
    double one = 1.0 / size;
    // Two word tags as they are, the piece between any, the next word's anything but I-PER.
    assertEquals(one * one * (1 - one), found.get(0).score(), 1e-12);
    // The last word's entity has no next word that could go on.
    assertEquals(one, found.get(4).score(), 1e-12);
  }
}
