package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import java.nio.file.Path;
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

  /** Reads {@code rel2id.json}: an object of relations and their indices, from 0 without a gap. */
  public static RelationSet read(Path file) {
    JsonObject root = Json.read(file, ErrorCode.LABELS).asObject();
    var relations = new String[root.size()];
    for (var entry : root.members().entrySet()) {
      int index = entry.getValue().asInt();
      if (index < 0 || index >= relations.length || relations[index] != null) {
        throw entry
            .getValue()
            .error(
                "the index "
                    + index
                    + " of "
                    + MmibException.quote(entry.getKey())
                    + " is taken or not below "
                    + relations.length,
                "Number the relations from 0 without a gap.");
      }
      relations[index] = entry.getKey();
    }
    if (!root.has(NONE)) {
      throw root.error("the relation None is missing", "Add it.");
    }
    return of(List.of(relations));
  }

  /** As {@code rel2id.json} has it. */
  public JsonObject toJson() {
    var root = new JsonObject();
    indices.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(entry -> root.put(entry.getKey(), entry.getValue().longValue()));
    return root;
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
