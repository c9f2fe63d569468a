package dev.mmib.predict;

import java.util.List;

/**
 * What was found in a post; a plain value that holds no native memory.
 *
 * @param id of the post
 * @param entities in the order of the text
 * @param relations of the pair that was given, or of pairs among {@code entities}
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
