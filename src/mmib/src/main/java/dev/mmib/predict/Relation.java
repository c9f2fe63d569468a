package dev.mmib.predict;

import dev.mmib.data.Span;
import java.util.Locale;

/**
 * A relation between two entities of a post.
 *
 * @param type such as {@code /per/org/member_of}; {@code None} for no relation
 * @param head the first entity, in the unit of the input
 * @param tail the second one
 * @param score softmax probability, 0 to 1
 */
public record Relation(String type, Span head, Span tail, double score) {

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "Relation[type=%s, head=%s, tail=%s, score=%.2f]", type, head, tail, score);
  }
}
