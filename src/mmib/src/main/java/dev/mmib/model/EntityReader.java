package dev.mmib.model;

import dev.mmib.data.TagSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Finds the entities in a sentence's tags, and how probable they are. */
final class EntityReader {

  private final TagSet tagSet;

  EntityReader(TagSet tagSet) {
    this.tagSet = tagSet;
  }

  /**
   * The entities of the words whose first pieces are given.
   *
   * @param words places of the words' first pieces, in order
   */
  List<EntitySpan> read(int[] tags, int[] words, TagChain chain) {
    var found = new ArrayList<EntitySpan>();
    int from = 0;
    while (from < words.length) {
      var type = type(tags[words[from]]);
      if (type.isEmpty()) {
        from++;
        continue;
      }
      int to = from + 1;
      while (to < words.length && tagSet.tag(tags[words[to]]).equals("I-" + type)) {
        to++;
      }
      double score = probability(tags, words, from, to, "I-" + type, chain);
      found.add(new EntitySpan(type, words[from], words[to - 1], score));
      from = to;
    }
    return found;
  }

  /** PER of B-PER or I-PER; empty of any other tag. */
  private String type(int tag) {
    var name = tagSet.tag(tag);
    boolean isEntity = name.startsWith("B-") || name.startsWith("I-");
    return isEntity ? name.substring(2) : "";
  }

  /** Of the tags of words {@code from} to {@code to} (excluded), and of no continuation there. */
  private double probability(
      int[] tags, int[] words, int from, int to, String inside, TagChain chain) {
    boolean isLast = to == words.length;
    int next = isLast ? -1 : words[to];
    int continuation = tagSet.contains(inside) ? tagSet.index(inside) : -1;
    var wanted = new int[tags.length];
    Arrays.fill(wanted, -1);
    for (int w = from; w < to; w++) {
      wanted[words[w]] = tags[words[w]];
    }
    return chain.probability(
        words[from],
        isLast ? words[to - 1] : next,
        (place, tag) ->
            place == next ? tag != continuation : wanted[place] < 0 || wanted[place] == tag);
  }
}
