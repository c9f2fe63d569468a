package dev.mmib.cli.report;

import dev.mmib.cli.report.ReportData.Bar;
import java.util.Locale;

/** Horizontal bars from 0 to 1, each with a mark at what could be reached. */
final class ScoreBars {

  private ScoreBars() {}

  static void append(StringBuilder out, ReportData.Scores scores) {
    out.append("<div class=\"bars\">\n");
    String group = "";
    boolean marked = false;
    for (Bar bar : scores.bars()) {
      if (!bar.group().equals(group) && !bar.group().isEmpty()) {
        out.append("<h3>").append(Html.escape(bar.group())).append("</h3>\n");
      }
      group = bar.group();
      marked |= bar.attainable().isPresent();
      append(out, bar);
    }
    out.append("</div>\n");
    if (marked) {
      out.append("<p class=\"key\"><span class=\"mark\"></span> the best attainable score</p>\n");
    }
  }

  private static void append(StringBuilder out, Bar bar) {
    out.append("<div class=\"bar\"><span class=\"name\">").append(Html.escape(bar.name()));
    out.append("</span><span class=\"track\"><span class=\"fill\" style=\"width:");
    out.append(percent(bar.value())).append("\"></span>");
    bar.attainable()
        .ifPresent(
            best ->
                out.append("<span class=\"mark\" style=\"left:")
                    .append(percent(best))
                    .append("\"></span>"));
    out.append("</span><span class=\"value\"><b>").append(Html.share(bar.value())).append("</b>");
    bar.attainable()
        .ifPresent(best -> out.append(" <small>of ").append(Html.share(best)).append("</small>"));
    out.append("</span></div>\n");
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f%%", 100 * share);
  }
}
