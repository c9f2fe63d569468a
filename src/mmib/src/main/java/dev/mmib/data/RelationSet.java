package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The relations and their indices; {@code None} is among them. */
public final class RelationSet {

  /** The relation of two entities that have none. */
  public static final String NONE = "None";

  private final List<String> relations;
  private final Map<String, Integer> indices;

  private RelationSet(List<String> relations) {
    this.relations = List.copyOf(relations);
    this.indices = new HashMap<>();
    for (int i = 0; i < relations.size(); i++) {
      if (indices.put(relations.get(i), i) != null) {
        throw invalid("the relation " + MmibException.quote(relations.get(i)) + " occurs twice");
      }
    }
    if (!indices.containsKey(NONE)) {
      throw invalid("the relation None is missing");
    }
  }

  /** Relations in the order of their indices. */
  public static RelationSet of(List<String> relations) {
    return new RelationSet(relations);
  }

  private static MmibException invalid(String what) {
    return MmibException.of(
        ErrorCode.LABELS, what, "Give every relation once, None among them, numbered from 0.");
  }

  public int size() {
    return relations.size();
  }

  public List<String> relations() {
    return relations;
  }

  public String relation(int index) {
    return relations.get(index);
  }

  public boolean contains(String relation) {
    return indices.containsKey(relation);
  }

  /** The index of a relation; one that the set lacks is refused. */
  public int index(String relation) {
    Integer index = indices.get(relation);
    if (index == null) {
      throw MmibException.of(
          ErrorCode.LABELS,
          "the relation " + MmibException.quote(relation) + " is not among " + relations,
          "Add it to rel2id.json, or correct the row.");
    }
    return index;
  }

  public int none() {
    return index(NONE);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RelationSet set && set.relations.equals(relations);
  }

  @Override
  public int hashCode() {
    return relations.hashCode();
  }

  @Override
  public String toString() {
    return relations.toString();
  }
}
