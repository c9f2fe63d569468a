package dev.mmib.cli.report;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a report as one HTML file that needs nothing beside it.
 *
 * <p>Charts are inline SVG, pictures are data URIs, the style is in the page and follows the
 * reader's light or dark mode. There is no script, and a content policy forbids any.
 */
public final class Report {

  private static final String POLICY =
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

  private Report() {}

  /** Writes the report, replacing a file of that name. */
  public static void write(Path file, ReportData data) {
    try {
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
    } catch (IOException e) {
      throw MmibException.in(
              file.toString(), ErrorCode.IO, "its directory cannot be made", "Check the rights")
          .causedBy(e);
    }
    AtomicFile.write(file, html(data));
  }

  /** The page. */
  public static String html(ReportData data) {
    var out = new StringBuilder(1 << 16);
    out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.append("<meta http-equiv=\"Content-Security-Policy\" content=\"");
    out.append(Html.escape(POLICY)).append("\">\n");
    out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.append("<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    out.append(Html.escape(data.title())).append("</title>\n<style>\n").append(style());
    out.append("</style>\n</head>\n<body>\n<header>\n<h1>").append(Html.escape(data.title()));
    out.append("</h1>\n<p>").append(Html.escape(data.subtitle())).append("</p>\n");
    appendFacts(out, data.facts());
    out.append("</header>\n<main>\n");
    for (ReportData.Section section : data.sections()) {
      appendSection(out, section);
    }
    return out.append("</main>\n</body>\n</html>\n").toString();
  }

  private static String style() {
    try (InputStream in = Report.class.getResourceAsStream("report.css")) {
      if (in == null) {
        throw new IllegalStateException("report.css is missing beside this class");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void appendFacts(StringBuilder out, List<ReportData.Fact> facts) {
    if (facts.isEmpty()) {
      return;
    }
    out.append("<dl class=\"facts\">\n");
    for (ReportData.Fact fact : facts) {
      out.append("<div><dt>").append(Html.escape(fact.name())).append("</dt><dd>");
      out.append(Html.escape(fact.value())).append("</dd></div>\n");
    }
    out.append("</dl>\n");
  }

  private static void appendSection(StringBuilder out, ReportData.Section section) {
    out.append("<section>\n<h2>").append(Html.escape(section.title())).append("</h2>\n");
    if (!section.text().isEmpty()) {
      out.append("<p class=\"lead\">").append(Html.escape(section.text())).append("</p>\n");
    }
    if (section instanceof ReportData.Scores scores) {
      ScoreBars.append(out, scores);
    } else if (section instanceof ReportData.Curves curves) {
      CurveChart.append(out, curves);
    } else if (section instanceof ReportData.Table table) {
      appendTable(out, table);
    } else if (section instanceof ReportData.Posts posts) {
      PostCards.append(out, posts);
    } else if (section instanceof HeatTable heat) {
      heat.append(out);
    } else if (section instanceof Reliability reliability) {
      reliability.append(out);
    } else if (section instanceof Intervals intervals) {
      intervals.append(out);
    }
    out.append("</section>\n");
  }

  private static void appendTable(StringBuilder out, ReportData.Table table) {
    out.append("<div class=\"scroll\"><table>\n<thead>\n");
    appendRow(out, table.header(), "th scope=\"col\"", "th");
    out.append("</thead>\n<tbody>\n");
    for (List<String> row : table.rows()) {
      appendRow(out, row, "td", "td");
    }
    out.append("</tbody>\n</table></div>\n");
  }

  private static void appendRow(StringBuilder out, List<String> cells, String open, String close) {
    out.append("<tr>");
    for (String cell : cells) {
      out.append('<').append(open).append('>').append(Html.escape(cell));
      out.append("</").append(close).append('>');
    }
    out.append("</tr>\n");
  }
}
