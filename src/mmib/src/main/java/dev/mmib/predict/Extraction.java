package dev.mmib.predict;

import java.util.List;

/**
 * What was found in a post; a plain value that holds no native memory.
 *
 * @param id of the post
 * @param entities in the order of the text
 * @param relations of the pair that was given; else of every ordered pair among {@code entities},
 *     in their order, heads first, None among them
 * @param warnings what was not read as given: a text that was cut, a picture that is missing
 */
public record Extraction(
    String id, List<Entity> entities, List<Relation> relations, List<String> warnings) {

  public Extraction {
    entities = List.copyOf(entities);
    relations = List.copyOf(relations);
    warnings = List.copyOf(warnings);
  }
}
