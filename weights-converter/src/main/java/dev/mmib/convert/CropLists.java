package dev.mmib.convert;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Int;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.data.CropTable;
import dev.mmib.data.Split;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The crop table of a data set as MMIB and HVPNeT pickle it: rows or pictures, and their crops.
 *
 * <p>A table of row numbers belongs to one split. Which one is told by the file's name, such as
 * {@code mre_train_dict.pth}; where it does not tell, the table is written for all splits.
 *
 * @param byRow whether keys are row numbers
 */
record CropLists(JsonObject table, boolean byRow) {

  /** Where a directory of data keeps them all. */
  static final String FILE = "crops.json";

  /** What names of such files end in. */
  static final String SUFFIX = "_dict.pth";

  private static final int LARGEST_TABLE = 16 << 20;

  /** The table that a pickle is; empty where it is something else. */
  static Optional<CropLists> of(PickleValue root) {
    if (!(root instanceof Dictionary dictionary) || dictionary.entries().isEmpty()) {
      return Optional.empty();
    }
    var table = new JsonObject();
    boolean byRow = true;
    for (var entry : dictionary.entries().entrySet()) {
      var key = key(entry.getKey());
      var names = names(entry.getValue());
      if (key == null || names == null) {
        return Optional.empty();
      }
      byRow &= entry.getKey() instanceof Int;
      table.put(key, names);
    }
    return Optional.of(new CropLists(table, byRow));
  }

  private static @Nullable String key(PickleValue key) {
    if (key instanceof Text text) {
      return text.value();
    }
    return key instanceof Int number && number.value().bitLength() < 64
        ? number.value().toString()
        : null;
  }

  private static @Nullable JsonArray names(PickleValue value) {
    if (!(value instanceof PickleValue.Sequence) && !(value instanceof PickleValue.Tuple)) {
      return null;
    }
    var names = new JsonArray();
    for (var item : Walk.inside(value)) {
      if (!(item instanceof Text text)) {
        return null;
      }
      names.add(text.value());
    }
    return names;
  }

  int rows() {
    return table.size();
  }

  /** How many names of crops there are. */
  long crops() {
    return table.members().values().stream().mapToLong(names -> names.asArray().size()).sum();
  }

  /** Adds the rows to the content of {@value #FILE}, under their split where they have one. */
  void addTo(JsonObject all, Path file) {
    var split = byRow ? split(file) : null;
    var to = all;
    if (split != null) {
      if (!all.has(split.toString())) {
        all.put(split.toString(), new JsonObject());
      }
      to = all.object(split.toString());
    }
    for (var entry : table.members().entrySet()) {
      var there = to.find(entry.getKey());
      if (there != null && !there.equals(entry.getValue())) {
        throw refuse(
            file,
            "has other crops for " + MmibException.quote(entry.getKey()) + " than another table",
            "Name the files so that they tell their split: mre_train_dict.pth.");
      }
      to.put(entry.getKey(), entry.getValue());
    }
  }

  /** The text of {@value #FILE}, after its reader has accepted it. */
  static String text(JsonObject all, Path file) {
    try {
      CropTable.of(all);
    } catch (MmibException e) {
      throw refuse(file, e.what(), e.hint()).causedBy(e);
    }
    var text = Json.write(all) + "\n";
    if (text.length() > LARGEST_TABLE) {
      throw refuse(file, "has more rows than " + FILE + " may have", "Split the data set.");
    }
    return text;
  }

  /** The split that a word of the file's name tells; null where none does. */
  static @Nullable Split split(Path file) {
    var words = file.getFileName().toString().toLowerCase(Locale.ROOT).split("[^a-z]+");
    for (var split : Split.values()) {
      if (List.of(words).stream().anyMatch(split.names()::contains)) {
        return split;
      }
    }
    return null;
  }

  private static MmibException refuse(Path file, String what, String hint) {
    return MmibException.in(file.toString(), ErrorCode.DATA_FILE, what, hint);
  }
}
