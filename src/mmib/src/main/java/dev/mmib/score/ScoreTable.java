package dev.mmib.score;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Scores per class with their averages, printed as seqeval and scikit-learn print them.
 *
 * @param rows per class, in the order of the report
 * @param micro over all counts together
 * @param macro the plain mean over the classes; not a number without classes
 * @param weighted the mean over the classes, weighted by support; 0 without any
 */
public record ScoreTable(Map<String, Prf> rows, Prf micro, Prf macro, Prf weighted) {

  private static final String[] HEAD = {"precision", "recall", "f1-score", "support"};

  public ScoreTable {
    rows = Collections.unmodifiableMap(new LinkedHashMap<>(rows));
  }

  static ScoreTable of(Map<String, Counts> counts) {
    var rows = new LinkedHashMap<String, Prf>();
    Counts all = Counts.NONE;
    for (var entry : counts.entrySet()) {
      rows.put(entry.getKey(), Prf.of(entry.getValue()));
      all = all.plus(entry.getValue());
    }
    return new ScoreTable(rows, Prf.of(all), macro(rows), weighted(rows));
  }

  private static Prf macro(Map<String, Prf> rows) {
    return average(rows, row -> 1, rows.size());
  }

  private static Prf weighted(Map<String, Prf> rows) {
    int support = support(rows);
    return support == 0 ? new Prf(0, 0, 0, 0) : average(rows, Prf::support, support);
  }

  private static Prf average(Map<String, Prf> rows, ToDoubleFunction<Prf> weight, double sum) {
    double precision = 0;
    double recall = 0;
    double f1 = 0;
    for (Prf row : rows.values()) {
      double w = weight.applyAsDouble(row);
      precision += w * row.precision();
      recall += w * row.recall();
      f1 += w * row.f1();
    }
    return new Prf(precision / sum, recall / sum, f1 / sum, support(rows));
  }

  private static int support(Map<String, Prf> rows) {
    return rows.values().stream().mapToInt(Prf::support).sum();
  }

  /** The table as text, numbers with two digits. */
  public String report() {
    int width = "weighted avg".length();
    for (String name : rows.keySet()) {
      width = Math.max(width, name.codePointCount(0, name.length()));
    }
    var out = new StringBuilder(padded("", width)).append(' ');
    for (String head : HEAD) {
      out.append(' ').append(padded(head, 9));
    }
    out.append("\n\n");
    for (var row : rows.entrySet()) {
      append(out, row.getKey(), row.getValue(), width);
    }
    out.append('\n');
    append(out, "micro avg", micro, width);
    append(out, "macro avg", macro, width);
    append(out, "weighted avg", weighted, width);
    return out.toString();
  }

  private static void append(StringBuilder out, String name, Prf row, int width) {
    out.append(padded(name, width)).append(' ');
    out.append(' ').append(padded(twoDigits(row.precision()), 9));
    out.append(' ').append(padded(twoDigits(row.recall()), 9));
    out.append(' ').append(padded(twoDigits(row.f1()), 9));
    out.append(' ').append(padded(Integer.toString(row.support()), 9)).append('\n');
  }

  private static String padded(String text, int width) {
    return " ".repeat(Math.max(0, width - text.codePointCount(0, text.length()))) + text;
  }

  /** Rounded from the exact binary value, as Python does; {@code String.format} does not. */
  private static String twoDigits(double value) {
    return Double.isNaN(value)
        ? "nan"
        : new BigDecimal(value).setScale(2, RoundingMode.HALF_EVEN).toPlainString();
  }
}
