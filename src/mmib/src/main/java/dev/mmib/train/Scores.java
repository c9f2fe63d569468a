package dev.mmib.train;

import dev.mmib.data.RelationSet;
import dev.mmib.score.Confusion;
import dev.mmib.score.Counts;
import dev.mmib.score.EntityScore;
import dev.mmib.score.Prf;
import dev.mmib.score.RelationScore;
import dev.mmib.score.ScoreTable;
import java.util.List;
import java.util.Map;

/**
 * How well a model does on a split, for either task.
 *
 * @param table by entity type or relation, with averages
 * @param confusion what was taken for what
 * @param perRow the counts of each row, for resampling
 */
public record Scores(ScoreTable table, Confusion confusion, List<Counts> perRow) {

  public Scores {
    perRow = List.copyOf(perRow);
  }

  static Scores of(EntityScore score) {
    return new Scores(score.table(), score.confusion(), score.perSentence());
  }

  static Scores of(RelationScore score) {
    return new Scores(score.table(), score.confusion(), score.perExample());
  }

  static Scores ofRelations(int[] gold, int[] predicted, RelationSet relations) {
    return of(RelationScore.of(gold, predicted, relations.relations(), relations.none()));
  }

  /** Over all entities, or over all relations but None. */
  public Prf micro() {
    return table.micro();
  }

  /** By entity type or relation. */
  public Map<String, Prf> perType() {
    return table.rows();
  }
}
