package dev.mmib.train;

import dev.mmib.data.PictureFiles;
import dev.mmib.data.Span;
import dev.mmib.predict.Entity;
import dev.mmib.score.Calibration.Outcome;
import dev.mmib.score.Counts;
import java.util.List;

/** One row of a split beside what a model predicted for it. */
public sealed interface EvaluatedRow {

  /** Where it was read. */
  String place();

  List<String> tokens();

  PictureFiles pictures();

  /** What it adds to the score. */
  Counts counts();

  /**
   * How bad the model's answer is: −log of the probability that it gives to the gold one. Above all
   * those rows are bad whose wrong answer it is sure of.
   */
  double loss();

  /** Its predictions and whether they are right. */
  List<Outcome> outcomes();

  /** Whether everything was predicted rightly, and nothing else. */
  default boolean isRight() {
    return counts().correct() == counts().predicted() && counts().correct() == counts().gold();
  }

  /**
   * A sentence with entities; places are those of tokens.
   *
   * @param gold with the probability that the model gives to each; 0 where the text was cut
   * @param found with the probability of each
   * @param loss of the tags of all words together
   */
  record Sentence(
      String place,
      List<String> tokens,
      PictureFiles pictures,
      List<Entity> gold,
      List<Entity> found,
      Counts counts,
      double loss)
      implements EvaluatedRow {

    public Sentence {
      tokens = List.copyOf(tokens);
      gold = List.copyOf(gold);
      found = List.copyOf(found);
    }

    /** Whether the gold entities have this one. */
    public boolean isGold(Entity entity) {
      return gold.stream().anyMatch(other -> isSame(entity, other));
    }

    /** Whether this one was found. */
    public boolean isFound(Entity entity) {
      return found.stream().anyMatch(other -> isSame(entity, other));
    }

    private static boolean isSame(Entity one, Entity other) {
      return one.start() == other.start()
          && one.end() == other.end()
          && one.type().equals(other.type());
    }

    @Override
    public List<Outcome> outcomes() {
      return found.stream().map(e -> new Outcome(e.score(), isGold(e))).toList();
    }
  }

  /**
   * A pair of entities in a sentence.
   *
   * @param gold its relation
   * @param candidates all relations, the most probable one first, which is the answer
   */
  record Pair(
      String place,
      List<String> tokens,
      PictureFiles pictures,
      Span head,
      Span tail,
      String gold,
      List<Candidate> candidates,
      Counts counts,
      double loss)
      implements EvaluatedRow {

    public Pair {
      tokens = List.copyOf(tokens);
      candidates = List.copyOf(candidates);
    }

    /** The relation that was predicted. */
    public Candidate found() {
      return candidates.get(0);
    }

    @Override
    public List<Outcome> outcomes() {
      return List.of(new Outcome(found().score(), found().relation().equals(gold)));
    }
  }

  /**
   * A relation that could be the one.
   *
   * @param score its softmax probability
   */
  record Candidate(String relation, double score) {}
}
