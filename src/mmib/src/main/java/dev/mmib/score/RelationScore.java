package dev.mmib.score;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well relations were recognized; the None relation counts neither as predicted nor as gold.
 *
 * <p>Micro precision, recall and F1 are those of the released implementation.
 */
public final class RelationScore {

  private final ScoreTable table;
  private final Confusion confusion;
  private final List<Counts> examples;
  private final double accuracy;

  private RelationScore(
      ScoreTable table, Confusion confusion, List<Counts> examples, double accuracy) {
    this.table = table;
    this.confusion = confusion;
    this.examples = Collections.unmodifiableList(examples);
    this.accuracy = accuracy;
  }

  /**
   * Scores indices into {@code relations}.
   *
   * @param none the index of the relation that does not count, or -1 when all count
   */
  public static RelationScore of(int[] gold, int[] predicted, List<String> relations, int none) {
    if (gold.length != predicted.length) {
      throw new IllegalArgumentException(
          "RelationScore: different numbers of examples, "
              + predicted.length
              + " predicted vs "
              + gold.length
              + " gold");
    }
    Counts[] perRelation = new Counts[relations.size()];
    java.util.Arrays.fill(perRelation, Counts.NONE);
    var examples = new ArrayList<Counts>(gold.length);
    int same = 0;
    for (int i = 0; i < gold.length; i++) {
      boolean right = gold[i] == predicted[i];
      same += right ? 1 : 0;
      var asGold = new Counts(0, 0, 1);
      var asPredicted = new Counts(right ? 1 : 0, 1, 0);
      perRelation[gold[i]] = perRelation[gold[i]].plus(asGold);
      perRelation[predicted[i]] = perRelation[predicted[i]].plus(asPredicted);
      Counts example = gold[i] == none ? Counts.NONE : asGold;
      examples.add(predicted[i] == none ? example : example.plus(asPredicted));
    }
    Map<String, Counts> counts = new LinkedHashMap<>();
    for (int r = 0; r < relations.size(); r++) {
      if (r != none) {
        counts.put(relations.get(r), perRelation[r]);
      }
    }
    return new RelationScore(
        ScoreTable.of(counts),
        Confusion.ofClasses(gold, predicted, relations),
        examples,
        gold.length == 0 ? 0 : (double) same / gold.length);
  }

  /** Per relation with averages, in the order of the indices. */
  public ScoreTable table() {
    return table;
  }

  public Prf micro() {
    return table.micro();
  }

  public Prf macro() {
    return table.macro();
  }

  public Map<String, Prf> perRelation() {
    return table.rows();
  }

  /** Which relations were taken for which, None among them. */
  public Confusion confusion() {
    return confusion;
  }

  /** The share of examples that are right, None included. */
  public double accuracy() {
    return accuracy;
  }

  /** The counts of each example, for resampling. */
  public List<Counts> perExample() {
    return examples;
  }

  public String report() {
    return table.report();
  }
}
