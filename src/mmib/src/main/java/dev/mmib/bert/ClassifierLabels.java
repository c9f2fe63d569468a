package dev.mmib.bert;

import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.util.HashMap;

/**
 * The labels of a classifier's outputs in a config.json: {@code id2label} and {@code label2id}.
 *
 * <p>They are not used here, labels come from the data. But files that contradict themselves were
 * mixed up or damaged, and so may be the weights beside them.
 */
final class ClassifierLabels {

  private static final String CURE = "Take config.json as it was published.";

  private ClassifierLabels() {}

  /** Refuses ids with gaps, labels that occur twice, and maps that are not each other's inverse. */
  static void check(JsonObject config) {
    var ids = new HashMap<String, Integer>();
    if (!config.absent("id2label")) {
      var labels = config.object("id2label");
      for (var entry : labels.members().entrySet()) {
        int id = id(entry.getKey(), labels.size(), entry.getValue());
        var label = entry.getValue().asString();
        if (ids.put(label, id) != null) {
          throw entry.getValue().error(named(label) + " occurs twice in id2label", CURE);
        }
      }
    }
    if (!config.absent("label2id")) {
      checkInverse(config.object("label2id"), ids, !config.absent("id2label"));
    }
  }

  /** Keys are numbers as digits; so many different ones below their number leave no gap. */
  private static int id(String key, int count, JsonValue at) {
    boolean whole = key.matches("0|[1-9][0-9]{0,8}");
    if (!whole || Integer.parseInt(key) >= count) {
      throw at.error(
          "id2label has the key " + MmibException.quote(key) + ", not one of 0 to " + (count - 1),
          CURE);
    }
    return Integer.parseInt(key);
  }

  private static void checkInverse(
      JsonObject labels, HashMap<String, Integer> ids, boolean isKnown) {
    for (var entry : labels.members().entrySet()) {
      int id = entry.getValue().asInt();
      if (id < 0 || id >= labels.size()) {
        throw entry.getValue().error("label2id has the id " + id + " of " + labels.size(), CURE);
      }
      var other = isKnown ? ids.get(entry.getKey()) : ids.put(entry.getKey(), id);
      if (isKnown && (other == null || other != id)) {
        throw entry
            .getValue()
            .error(
                named(entry.getKey())
                    + " is "
                    + id
                    + " in label2id and "
                    + (other == null ? "missing" : other)
                    + " in id2label",
                CURE);
      }
    }
    if (labels.size() != ids.size() || ids.values().stream().distinct().count() != ids.size()) {
      throw labels.error("label2id does not give every id one label", CURE);
    }
  }

  private static String named(String label) {
    return "the label " + MmibException.quote(label);
  }
}
