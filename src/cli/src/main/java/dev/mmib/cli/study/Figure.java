package dev.mmib.cli.study;

import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import dev.mmib.score.MeanInterval;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Means with their intervals, as a chart, a table, and JSON.
 *
 * @param name of its file
 * @param xTitle what the positions are
 * @param yTitle what the values are
 * @param positions along the x axis
 * @param lines each with a value per position; null where too few runs are done
 */
record Figure(
    String name,
    String title,
    String xTitle,
    String yTitle,
    List<String> positions,
    List<Line> lines) {

  /**
   * Values that belong together.
   *
   * @param kind how the chart shows them
   */
  record Line(String name, Kind kind, List<@Nullable MeanInterval> values) {}

  /** How a chart shows values. */
  enum Kind {
    /** In the table alone: they are on another scale. */
    HIDDEN,
    /** Points, where the positions have no order. */
    POINTS,
    /** Points with a line through them. */
    CURVE,
    /** The same in grey, something to hold the others against. */
    BOUND
  }

  Figure {
    positions = List.copyOf(positions);
    lines = List.copyOf(lines);
    for (var line : lines) {
      if (line.values().size() != positions.size()) {
        throw new IllegalArgumentException(
            "Figure: " + line.values().size() + " values vs " + positions.size() + " positions");
      }
    }
  }

  /** A table, a row for each position. */
  String markdown() {
    var text = new StringBuilder("| ").append(xTitle);
    lines.forEach(line -> text.append(" | ").append(line.name()));
    text.append(" |\n|").append("---|".repeat(lines.size() + 1)).append('\n');
    for (int i = 0; i < positions.size(); i++) {
      text.append("| ").append(positions.get(i));
      for (var line : lines) {
        text.append(" | ").append(cell(line.values().get(i)));
      }
      text.append(" |\n");
    }
    return text.toString();
  }

  static String cell(@Nullable MeanInterval value) {
    return value == null
        ? "–"
        : String.format(
            Locale.ROOT,
            "%.3f [%.3f, %.3f]",
            rounded(value.mean()),
            rounded(value.low()),
            rounded(value.high()));
  }

  /** To thousandths, and never minus zero. */
  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  JsonObject toJson() {
    var all = new JsonArray();
    for (var line : lines) {
      var values = new JsonArray();
      for (int i = 0; i < positions.size(); i++) {
        var value = line.values().get(i);
        var point = new JsonObject().put("at", positions.get(i));
        values.add(value == null ? point.put("mean", JsonScalar.NULL) : put(point, value));
      }
      all.add(new JsonObject().put("name", line.name()).put("values", values));
    }
    return new JsonObject().put("title", title).put("lines", all);
  }

  static JsonObject put(JsonObject json, MeanInterval value) {
    var interval = new JsonArray().add(value.low()).add(value.high());
    return json.put("mean", value.mean()).put("ci95", interval).put("n", value.n());
  }

  /** The lines of the chart that have a value at all. */
  List<Line> drawn() {
    var drawn = new ArrayList<Line>();
    for (var line : lines) {
      if (line.kind() != Kind.HIDDEN && line.values().stream().anyMatch(Objects::nonNull)) {
        drawn.add(line);
      }
    }
    return drawn;
  }
}
