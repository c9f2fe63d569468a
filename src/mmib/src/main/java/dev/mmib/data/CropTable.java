package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The table {@code crops.json}: which crops belong to a row or to a picture.
 *
 * <pre>
 *   {"0": ["a.jpg", "b.jpg"], "photo.jpg": ["c.jpg"]}          a row's index or a picture's name
 *   {"train": {"0": [...]}, "val": {...}, "test": {...}}       the same for each split
 * </pre>
 *
 * <p>A split's own entry comes before one for all, a row's before a picture's. Names are plain file
 * names in the same folder.
 */
public final class CropTable {

  private static final String CURE =
      "The table maps row indices or picture names to lists of file names beside it.";

  private final Map<String, List<String>> all = new HashMap<>();
  private final Map<Split, Map<String, List<String>>> ofSplit = new EnumMap<>(Split.class);

  private CropTable() {}

  static CropTable read(Path file) {
    return of(Json.read(file, ErrorCode.DATA_FILE).asObject());
  }

  /** The table that a document is; anything else is refused. */
  public static CropTable of(JsonObject root) {
    var table = new CropTable();
    for (var entry : root.members().entrySet()) {
      if (entry.getValue() instanceof JsonObject inner) {
        Split split = split(entry.getKey(), inner);
        Map<String, List<String>> rows = table.ofSplit.computeIfAbsent(split, s -> new HashMap<>());
        inner.members().forEach((key, value) -> rows.put(key, names(value)));
      } else {
        table.all.put(entry.getKey(), names(entry.getValue()));
      }
    }
    return table;
  }

  private static Split split(String key, JsonValue value) {
    for (Split split : Split.values()) {
      if (split.names().contains(key)) {
        return split;
      }
    }
    throw value.error("an object under a key that is no split", CURE);
  }

  private static List<String> names(JsonValue value) {
    var names = new ArrayList<String>();
    for (JsonValue name : value.asArray()) {
      String complaint = ImageNames.complaint(name.asString());
      if (complaint != null) {
        throw name.error(complaint, CURE);
      }
      names.add(name.asString());
    }
    return List.copyOf(names);
  }

  /** The names of a row's crops; empty where the table does not cover it. */
  public Optional<List<String>> find(Split split, int row, String image) {
    for (Map<String, List<String>> rows : List.of(ofSplit.getOrDefault(split, Map.of()), all)) {
      List<String> found = row < 0 ? null : rows.get(Integer.toString(row));
      if (found == null) {
        found = rows.get(image);
      }
      if (found != null) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }
}
