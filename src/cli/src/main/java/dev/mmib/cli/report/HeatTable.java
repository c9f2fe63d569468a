package dev.mmib.cli.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Counts as a table whose cells are the darker the more of their row they hold.
 *
 * <p>The diagonal is what should be, all else what should not; so they have two colours.
 *
 * @param rowName what a row stands for
 * @param columnName what a column stands for
 * @param rows their names
 * @param columns their names, as many
 */
public record HeatTable(
    String title,
    String text,
    String rowName,
    String columnName,
    List<String> rows,
    List<String> columns,
    int[][] counts)
    implements ReportData.Section {

  private static final int LONG_NAME = 6;

  public HeatTable {
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
    int size = rows.size();
    if (columns.size() != size
        || counts.length != size
        || !Arrays.stream(counts).allMatch(row -> row.length == size)) {
      throw new IllegalArgumentException(
          "HeatTable: " + counts.length + " counts vs " + size + " names: give a square of them");
    }
  }

  void append(StringBuilder out) {
    boolean upright = columns.stream().anyMatch(name -> name.length() > LONG_NAME);
    out.append("<div class=\"scroll\"><table class=\"confusion");
    out.append(upright ? " upright" : "").append("\">\n<thead>\n<tr><th class=\"corner\">");
    out.append(Html.escape(rowName)).append(" &darr; ").append(Html.escape(columnName));
    out.append(" &rarr;</th>");
    columns.forEach(name -> appendHead(out, name));
    appendHead(out, "sum");
    out.append("</tr>\n</thead>\n<tbody>\n");
    for (int row = 0; row < rows.size(); row++) {
      appendRow(out, row);
    }
    out.append("<tr class=\"sums\"><th scope=\"row\">sum</th>");
    for (int column = 0; column < columns.size(); column++) {
      int at = column;
      int sum = IntStream.range(0, rows.size()).map(row -> counts[row][at]).sum();
      out.append("<td>").append(sum).append("</td>");
    }
    out.append("<td></td></tr>\n</tbody>\n</table></div>\n");
  }

  private static void appendHead(StringBuilder out, String name) {
    out.append("<th scope=\"col\"><span>").append(Html.escape(name)).append("</span></th>");
  }

  private void appendRow(StringBuilder out, int row) {
    int sum = Arrays.stream(counts[row]).sum();
    out.append("<tr><th scope=\"row\">").append(Html.escape(rows.get(row))).append("</th>");
    for (int column = 0; column < columns.size(); column++) {
      int count = counts[row][column];
      if (count == 0) {
        out.append("<td class=\"none\">&middot;</td>");
        continue;
      }
      double share = (double) count / sum;
      out.append("<td class=\"heat ").append(row == column ? "right" : "wrong");
      out.append("\" style=\"--w:").append(String.format(Locale.ROOT, "%.2f", share));
      out.append("\" title=\"").append(Html.escape(rows.get(row))).append(" as ");
      out.append(Html.escape(columns.get(column))).append(": ").append(count).append(" of ");
      out.append(sum).append("\">").append(count).append("</td>");
    }
    out.append("<td class=\"sum\">").append(sum).append("</td></tr>\n");
  }
}
