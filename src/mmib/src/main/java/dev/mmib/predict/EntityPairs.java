package dev.mmib.predict;

import dev.mmib.data.Span;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which pairs of a post's entities are asked about: relations have a direction, from head to tail,
 * so every entity is once the head of every other.
 */
final class EntityPairs {

  /** Pairs of a post that are looked at: those of sixteen entities and a few. */
  static final int MOST = 256;

  /** Runs of words. */
  record Pair(Span head, Span tail) {}

  private EntityPairs() {}

  /**
   * The pairs in the order of the text, heads first; of more than {@value #MOST}, those whose
   * entities stand nearest to each other, and a warning.
   */
  static List<Pair> of(List<Span> entities, List<String> warnings) {
    var all = new ArrayList<Pair>();
    for (int head = 0; head < entities.size(); head++) {
      for (int tail = 0; tail < entities.size(); tail++) {
        if (head != tail) {
          all.add(new Pair(entities.get(head), entities.get(tail)));
        }
      }
    }
    if (all.size() <= MOST) {
      return all;
    }
    warnings.add(
        "of the " + all.size() + " pairs of entities only the " + MOST + " nearest were looked at");
    var nearest = all.stream().sorted(Comparator.comparingInt(EntityPairs::gap)); // stable
    var kept = nearest.limit(MOST).toList();
    all.retainAll(kept);
    return all;
  }

  /** How many words lie between. */
  private static int gap(Pair pair) {
    return Math.max(
        pair.tail().start() - pair.head().end(), pair.head().start() - pair.tail().end());
  }
}
