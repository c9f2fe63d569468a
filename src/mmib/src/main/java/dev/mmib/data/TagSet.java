package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The tags of entity recognition and their indices.
 *
 * <p>PAD is 0, O is 1, then B- and I- of every type, then X (a word's later pieces), [CLS] and
 * [SEP].
 */
public final class TagSet {

  public static final String PAD = "PAD";
  public static final String OUTSIDE = "O";
  public static final String CONTINUATION = "X";
  public static final String CLS = "[CLS]";
  public static final String SEP = "[SEP]";

  private static final List<String> TWITTER_TYPES = List.of("MISC", "PER", "ORG", "LOC");
  private static final TagSet TWITTER = ofTypes(TWITTER_TYPES);

  private final List<String> tags;
  private final Map<String, Integer> indices;

  private TagSet(List<String> tags) {
    this.tags = List.copyOf(tags);
    this.indices = new HashMap<>();
    for (int i = 0; i < tags.size(); i++) {
      if (indices.put(tags.get(i), i) != null) {
        throw labels("the tag " + MmibException.quote(tags.get(i)) + " occurs twice");
      }
    }
  }

  /** The thirteen tags of the Twitter benchmarks. */
  public static TagSet twitter() {
    return TWITTER;
  }

  /**
   * The tag set of BIO labels as a data set has them, in any order and number. Types of the
   * benchmarks come first, in their order, the others by name; so the benchmarks' labels give
   * {@link #twitter}.
   */
  public static TagSet of(Collection<String> labels) {
    var types = new TreeSet<String>();
    for (String label : labels) {
      if (isEntity(label)) {
        types.add(label.substring(2));
      } else if (!label.equals(OUTSIDE)) {
        throw labels("the label " + MmibException.quote(label) + " is neither O nor B-… nor I-…");
      }
    }
    var ordered = new ArrayList<>(TWITTER_TYPES);
    ordered.retainAll(types);
    types.removeAll(ordered);
    ordered.addAll(types);
    return ofTypes(ordered);
  }

  /** The tag set of exactly these tags, as a model's directory has them. */
  public static TagSet ofTags(List<String> tags) {
    var set = new TagSet(tags);
    if (tags.isEmpty() || !tags.get(0).equals(PAD)) {
      throw labels("the first tag is not PAD");
    }
    for (String needed : List.of(OUTSIDE, CONTINUATION, CLS, SEP)) {
      if (!set.indices.containsKey(needed)) {
        throw labels("the tag " + needed + " is missing");
      }
    }
    for (String tag : tags) {
      if (!isEntity(tag) && !List.of(PAD, OUTSIDE, CONTINUATION, CLS, SEP).contains(tag)) {
        throw labels("the tag " + MmibException.quote(tag) + " is neither B-… nor I-… nor special");
      }
    }
    return set;
  }

  private static TagSet ofTypes(List<String> types) {
    var tags = new ArrayList<>(List.of(PAD, OUTSIDE));
    for (String type : types) {
      tags.add("B-" + type);
      tags.add("I-" + type);
    }
    tags.addAll(List.of(CONTINUATION, CLS, SEP));
    return new TagSet(tags);
  }

  private static boolean isEntity(String label) {
    return label.length() > 2 && (label.startsWith("B-") || label.startsWith("I-"));
  }

  private static MmibException labels(String what) {
    return MmibException.of(ErrorCode.LABELS, what, "Labels are O, B-TYPE and I-TYPE.");
  }

  public int size() {
    return tags.size();
  }

  /** All tags in the order of their indices. */
  public List<String> tags() {
    return tags;
  }

  public String tag(int index) {
    return tags.get(index);
  }

  public boolean contains(String tag) {
    return indices.containsKey(tag);
  }

  /** The index of a tag; a label that the set lacks is refused with the known ones. */
  public int index(String tag) {
    Integer index = indices.get(tag);
    if (index == null) {
      throw MmibException.of(
          ErrorCode.LABELS,
          "the label " + MmibException.quote(tag) + " is not among the model's: " + types(),
          "Train with data that has it, or correct the label.");
    }
    return index;
  }

  /** The entity types, in the order of their tags. */
  public List<String> types() {
    return tags.stream().filter(t -> t.startsWith("B-")).map(t -> t.substring(2)).toList();
  }

  public int outside() {
    return index(OUTSIDE);
  }

  public int continuation() {
    return index(CONTINUATION);
  }

  public int cls() {
    return index(CLS);
  }

  public int sep() {
    return index(SEP);
  }

  /** Whether the tag is PAD, X, [CLS] or [SEP]: never a word's label. */
  public boolean isSpecial(int index) {
    String tag = tags.get(index);
    return !tag.equals(OUTSIDE) && !isEntity(tag);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TagSet set && set.tags.equals(tags);
  }

  @Override
  public int hashCode() {
    return tags.hashCode();
  }

  @Override
  public String toString() {
    return tags.toString();
  }
}
