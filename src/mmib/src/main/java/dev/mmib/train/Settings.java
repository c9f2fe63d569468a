package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import dev.mmib.io.JsonValue;
import dev.mmib.io.ModelDirectory;
import dev.mmib.io.Nearest;
import dev.mmib.model.Task;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Settings given by name on top of the usual ones: from a file, then one by one.
 *
 * <p>A later value replaces an earlier one. A name that does not exist is refused with the nearest
 * ones, a value of the wrong kind or range with what is allowed.
 */
public final class Settings {

  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?");

  /** HuggingFace's names of what {@code bert.…} sets. */
  private static final Map<String, String> BERT_FIELDS =
      Map.of(
          "num_hidden_layers", "layers",
          "hidden_size", "hidden",
          "num_attention_heads", "heads",
          "intermediate_size", "intermediate",
          "max_position_embeddings", "maxPositions",
          "hidden_dropout_prob", "dropout",
          "attention_probs_dropout_prob", "attentionDropout");

  private final Task task;
  private final Map<String, JsonValue> known = new LinkedHashMap<>();
  private final Map<String, JsonValue> given = new LinkedHashMap<>();

  public Settings(Task task) {
    this.task = task;
    flatten("", TrainConfig.of(task).toJson(), known);
    known.remove("task");
  }

  /** The leaves of a tree of settings, by their dotted names. */
  static Map<String, JsonValue> flat(JsonObject tree) {
    var leaves = new LinkedHashMap<String, JsonValue>();
    flatten("", tree, leaves);
    return leaves;
  }

  private static void flatten(String prefix, JsonObject tree, Map<String, JsonValue> leaves) {
    tree.members()
        .forEach(
            (key, value) -> {
              if (value instanceof JsonObject inner) {
                flatten(prefix + key + ".", inner, leaves);
              } else {
                leaves.put(prefix + key, value);
              }
            });
  }

  /** The names of all settings. */
  public Set<String> names() {
    return Set.copyOf(known.keySet());
  }

  /** The names of those that were given. */
  public Set<String> explicit() {
    return Set.copyOf(given.keySet());
  }

  /** What was given, by name. */
  public Map<String, JsonValue> given() {
    return Map.copyOf(given);
  }

  /**
   * Takes the settings of a file: a tree of settings, or a model directory's config.json, where
   * they are in the object "mmib" and the text encoder's sizes beside it.
   */
  public Settings file(Path file) {
    var json = Json.read(file, ErrorCode.CONFIG).asObject();
    var tree = json;
    if (json.has("mmib")) {
      tree = json.object("mmib");
      BERT_FIELDS.forEach(
          (theirs, ours) -> {
            if (!json.absent(theirs)) {
              given.put("bert." + ours, json.at(theirs));
            }
          });
    }
    if (!tree.absent("task") && !tree.string("task").equals(task.key())) {
      throw tree.at("task")
          .error(
              "the task is " + MmibException.quote(tree.string("task")) + ", not " + task.key(),
              "Give the configuration of this task.");
    }
    var leaves = flat(tree);
    leaves.remove("task");
    leaves.forEach(
        (path, value) -> {
          // What a trainer noted in the model's directory is what it was told.
          var key = path.startsWith("training.") ? path.substring("training.".length()) : path;
          if (!known.containsKey(key)) {
            throw value.error(unknown(key), nearest(key));
          }
          given.put(key, value);
        });
    try {
      config();
    } catch (MmibException e) {
      throw e.file() == null
          ? MmibException.in(file.toString(), ErrorCode.CONFIG, e.what(), e.hint()).causedBy(e)
          : e;
    }
    return this;
  }

  /**
   * Takes the network's settings from a trained model's directory, not how it was trained. Of
   * another task's model, what belongs to that task stays away.
   */
  public Settings model(Path directory) {
    var config = ModelDirectory.open(directory).config();
    var leaves = flat(config.toJson());
    leaves.remove("task");
    if (config.task() != task) {
      leaves.remove("crops");
      leaves.remove("maxLength");
    }
    given.putAll(leaves);
    return this;
  }

  /** Takes all settings that {@link TrainConfig#toJson} wrote. */
  Settings tree(JsonObject config) {
    var leaves = flat(config);
    leaves.remove("task");
    given.putAll(leaves);
    return this;
  }

  /** Sets one value that was parsed before. */
  Settings put(String key, JsonValue value) {
    given.put(key, value);
    return this;
  }

  /** Sets one value, written {@code alignment.kind=infonce}. */
  public Settings set(String assignment) {
    int equals = assignment.indexOf('=');
    if (equals <= 0) {
      throw MmibException.of(
          ErrorCode.USAGE,
          "the setting " + MmibException.quote(assignment) + " has no value",
          "Write key=value, for example epochs=5.");
    }
    return set(assignment.substring(0, equals).strip(), assignment.substring(equals + 1).strip());
  }

  /** Sets one value by its dotted name. */
  public Settings set(String key, String value) {
    var usual = known.get(key);
    if (usual == null) {
      throw MmibException.of(ErrorCode.UNKNOWN_KEY, unknown(key), nearest(key));
    }
    given.put(key, parse(key, value, usual));
    return this;
  }

  private static JsonValue parse(String key, String value, JsonValue usual) {
    var text = usual.toString();
    if (text.startsWith("\"")) {
      return JsonScalar.of(value);
    }
    if (text.equals("true") || text.equals("false")) {
      if (value.equals("true") || value.equals("false")) {
        return JsonScalar.of(value.equals("true"));
      }
      throw TrainConfig.refuse(key + " is " + MmibException.quote(value), "true or false");
    }
    if (text.startsWith("[")) {
      return numbers(key, value);
    }
    boolean whole = text.matches("-?\\d+");
    boolean number = NUMBER.matcher(value).matches() && value.length() < 40;
    if (!number || whole && !value.matches("[-+]?\\d+")) {
      throw TrainConfig.refuse(
          key + " is " + MmibException.quote(value), whole ? "a whole number" : "a number");
    }
    if (whole) {
      try {
        return JsonScalar.of(Long.parseLong(value));
      } catch (NumberFormatException e) {
        throw TrainConfig.refuse(key + " is " + value, "a whole number of at most 64 bits")
            .causedBy(e);
      }
    }
    double parsed = Double.parseDouble(value);
    if (Double.isInfinite(parsed)) {
      throw TrainConfig.refuse(key + " is " + value, "a finite number");
    }
    return JsonScalar.of(parsed);
  }

  /** Numbers written {@code 0.5,0.5,0.5}, with or without brackets. */
  private static JsonValue numbers(String key, String value) {
    var list = new JsonArray();
    boolean brackets = value.startsWith("[") && value.endsWith("]");
    for (var number : (brackets ? value.substring(1, value.length() - 1) : value).split(",", 10)) {
      list.add(parse(key, number.strip(), JsonScalar.of(0.5)));
    }
    return list;
  }

  /** The whole configuration; refuses here what is out of range. */
  public TrainConfig config() {
    var tree = new JsonObject();
    given.forEach((key, value) -> put(tree, key, value));
    try {
      return TrainConfig.fromJson(task, tree);
    } catch (MmibException e) {
      throw e.file() == null && e.code() != ErrorCode.USAGE
          ? MmibException.of(ErrorCode.USAGE, e.what(), e.hint()).causedBy(e)
          : e;
    }
  }

  private static void put(JsonObject tree, String key, JsonValue value) {
    int dot = key.indexOf('.');
    if (dot < 0) {
      tree.put(key, value);
      return;
    }
    var branch = key.substring(0, dot);
    if (!tree.has(branch)) {
      tree.put(branch, new JsonObject());
    }
    put(tree.object(branch), key.substring(dot + 1), value);
  }

  private static String unknown(String key) {
    return "the setting " + MmibException.quote(key) + " is unknown";
  }

  private String nearest(String key) {
    return Nearest.hint(key, known.keySet());
  }
}
