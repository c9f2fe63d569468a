package dev.mmib.model;

import java.util.List;

/**
 * The tags of one text, and the entities that they make.
 *
 * @param tags the best tag of each word piece
 * @param entities in their order; an {@code I-} that continues nothing opens an entity
 */
@SuppressWarnings("ArrayRecordComponent") // a row of numbers out of a batch
public record NerPrediction(int[] tags, List<EntitySpan> entities) {

  public NerPrediction {
    entities = List.copyOf(entities);
  }
}
