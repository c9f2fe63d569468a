package dev.mmib.data;

import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What {@link DataCheck} found in one split.
 *
 * @param targets entities, or relations other than None
 * @param labels how often each entity type or relation occurs
 * @param lengths how many rows have so many words
 * @param images distinct pictures that rows name
 * @param missingImages those of them that are not there
 * @param rowsWithCrops rows that have at least one crop
 * @param counts how often each kind of problem occurs
 * @param problems the first of each kind, with their places
 */
public record SplitCheck(
    int rows,
    int targets,
    SortedMap<String, Integer> labels,
    SortedMap<Integer, Integer> lengths,
    int images,
    int missingImages,
    int rowsWithCrops,
    Map<Finding.Kind, Integer> counts,
    List<Finding> problems) {

  public SplitCheck {
    labels = new TreeMap<>(labels);
    lengths = new TreeMap<>(lengths);
    counts = Map.copyOf(counts);
    problems = List.copyOf(problems);
  }

  /** The length that a share of the rows does not exceed. */
  public int length(double share) {
    long wanted = Math.max(1, (long) Math.ceil(share * rows));
    long seen = 0;
    for (var entry : lengths.entrySet()) {
      seen += entry.getValue();
      if (seen >= wanted) {
        return entry.getKey();
      }
    }
    return lengths.isEmpty() ? 0 : lengths.lastKey();
  }

  /** Rows that cannot be used. */
  public int invalidRows() {
    return counts.getOrDefault(Finding.Kind.INVALID_ROW, 0);
  }

  JsonObject toJson(String targetName) {
    var json = new JsonObject().put("rows", rows).put(targetName, targets);
    var labelCounts = new JsonObject();
    labels.forEach((label, count) -> labelCounts.put(label, count.longValue()));
    json.put("labels", labelCounts);
    json.put(
        "words",
        new JsonObject()
            .put("min", lengths.isEmpty() ? 0 : lengths.firstKey())
            .put("p50", length(0.5))
            .put("p95", length(0.95))
            .put("max", length(1)));
    json.put("images", images).put("missingImages", missingImages);
    json.put("rowsWithCrops", rowsWithCrops);
    var kinds = new JsonObject();
    new TreeMap<>(counts).forEach((kind, count) -> kinds.put(key(kind), count.longValue()));
    json.put("counts", kinds);
    var list = new JsonArray();
    for (Finding problem : problems) {
      list.add(
          new JsonObject()
              .put("kind", key(problem.kind()))
              .put("place", problem.place())
              .put("what", problem.what()));
    }
    return json.put("problems", list);
  }

  /** ORPHAN_INSIDE_TAG as orphanInsideTag. */
  private static String key(Finding.Kind kind) {
    var out = new StringBuilder();
    for (String word : kind.name().split("_", -1)) {
      String lower = word.toLowerCase(Locale.ROOT);
      out.append(out.isEmpty() ? lower : word.charAt(0) + lower.substring(1));
    }
    return out.toString();
  }

  void appendTo(StringBuilder out, String name, String targetName) {
    out.append(name).append(": ").append(rows).append(" rows, ").append(targets).append(' ');
    out.append(targetName).append(", ").append(images).append(" pictures");
    out.append(missingImages > 0 ? " (" + missingImages + " missing)" : "");
    out.append(", ").append(rowsWithCrops).append(" rows with crops\n");
    out.append("  words per row: ").append(lengths.isEmpty() ? 0 : lengths.firstKey());
    out.append(" to ").append(length(1)).append(", half up to ").append(length(0.5));
    out.append(", 95 % up to ").append(length(0.95)).append('\n');
    labels.forEach((label, n) -> out.append("  ").append(label).append(' ').append(n).append('\n'));
    for (var entry : new TreeMap<>(counts).entrySet()) {
      String kind = entry.getKey().name().toLowerCase(Locale.ROOT).replace('_', ' ');
      out.append("  ").append(kind).append(": ").append(entry.getValue()).append('\n');
      problems.stream()
          .filter(problem -> problem.kind() == entry.getKey())
          .limit(5)
          .forEach(problem -> out.append("    ").append(problem).append('\n'));
    }
  }
}
