package dev.mmib.train;

import dev.mmib.data.RelationSet;
import dev.mmib.score.Counts;
import dev.mmib.score.EntityScore;
import dev.mmib.score.Prf;
import dev.mmib.score.RelationScore;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well a model does on a split, for either task.
 *
 * @param micro over all entities, or over all relations but None
 * @param perType by entity type or relation
 * @param table for people, as seqeval prints it
 * @param perRow the counts of each row, for resampling
 */
public record Scores(Prf micro, Map<String, Prf> perType, String table, List<Counts> perRow) {

  public Scores {
    perType = Collections.unmodifiableMap(new LinkedHashMap<>(perType)); // keeps their order
    perRow = List.copyOf(perRow);
  }

  static Scores of(EntityScore score) {
    return new Scores(score.micro(), score.perType(), score.report(), score.perSentence());
  }

  static Scores of(RelationScore score) {
    return new Scores(score.micro(), score.perRelation(), score.report(), score.perExample());
  }

  static Scores ofRelations(int[] gold, int[] predicted, RelationSet relations) {
    return of(RelationScore.of(gold, predicted, relations.relations(), relations.none()));
  }
}
