package dev.mmib.cli;

import dev.mmib.model.Task;
import dev.mmib.score.Prf;
import dev.mmib.train.Evaluation;
import dev.mmib.train.Significance;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A web page about an evaluation: the scores, and every row that is not right. */
final class EvaluationReport {

  private static final int MOST_ROWS = 500;

  private static final String STYLE =
      """
      body { font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }
      table { border-collapse: collapse } td, th { padding: .2em .8em; text-align: right }
      th:first-child, td:first-child { text-align: left } tr { border-bottom: 1px solid #ddd }
      .row { margin: 1em 0; border-left: 3px solid #ccc; padding-left: .8em }
      .place { color: #777; font-size: 12px } mark { border-radius: 3px; padding: 0 .2em }
      mark.gold { background: #d4edda } mark.found { background: #fde2c4 }
      mark small { color: #555; margin-left: .3em }
      """;

  private EvaluationReport() {}

  static String html(Path model, Evaluation found, @Nullable Significance significance) {
    var out = new StringBuilder();
    out.append(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n<title>Evaluation</title>")
        .append("\n<style>\n")
        .append(STYLE)
        .append("</style>\n<h1>")
        .append(escaped(model.toString()))
        .append("</h1>\n<p>")
        .append(escaped(found.task().key()))
        .append(", ")
        .append(found.split())
        .append(", ")
        .append(found.rows().size())
        .append(" rows, ")
        .append(found.mode().name().toLowerCase(Locale.ROOT))
        .append(", device ")
        .append(escaped(found.device()))
        .append(", ")
        .append(found.missingImages())
        .append(" without a picture</p>\n");
    scores(out, found);
    if (significance != null) {
      out.append(
          String.format(
              Locale.ROOT,
              "<p>Difference of F1 to the other model: %+.4f (95 %% interval %+.4f to %+.4f,"
                  + " p = %.4f)</p>%n",
              significance.deltaF1(),
              significance.low(),
              significance.high(),
              significance.pValue()));
    }
    misses(out, found);
    return out.append("</html>\n").toString();
  }

  private static void scores(StringBuilder out, Evaluation found) {
    out.append("<table><tr><th>type<th>precision<th>recall<th>F1<th>support</tr>\n");
    found.scores().perType().forEach((type, score) -> line(out, type, score));
    line(out, "all", found.micro());
    out.append("</table>\n");
  }

  private static void line(StringBuilder out, String name, Prf score) {
    out.append("<tr><td>")
        .append(escaped(name))
        .append(
            String.format(
                Locale.ROOT,
                "<td>%.4f<td>%.4f<td>%.4f<td>%d</tr>%n",
                score.precision(),
                score.recall(),
                score.f1(),
                score.support()));
  }

  private static void misses(StringBuilder out, Evaluation found) {
    var wrong = found.rows().stream().filter(row -> !row.isRight()).toList();
    out.append("<h2>").append(wrong.size()).append(" rows are not right</h2>\n");
    if (wrong.size() > MOST_ROWS) {
      out.append("<p>The first ").append(MOST_ROWS).append(" of them:</p>\n");
    }
    for (var row : wrong.subList(0, Math.min(MOST_ROWS, wrong.size()))) {
      out.append("<div class=\"row\"><div class=\"place\">")
          .append(escaped(row.place()))
          .append("</div>\n");
      if (found.task() == Task.NER && row.gold().size() == row.tokens().size()) {
        out.append("<div>gold: ").append(marked(row.tokens(), row.gold(), "gold"));
        out.append("</div>\n<div>found: ").append(marked(row.tokens(), row.found(), "found"));
        out.append("</div>\n");
      } else {
        out.append("<div>")
            .append(escaped(String.join(" ", row.tokens())))
            .append("</div>\n<div>gold: ")
            .append(escaped(String.join(" ", row.gold())))
            .append("; found: ")
            .append(escaped(String.join(" ", row.found())))
            .append("</div>\n");
      }
      out.append("</div>\n");
    }
  }

  private static String marked(List<String> tokens, List<String> labels, String kind) {
    var out = new StringBuilder();
    for (int i = 0; i < tokens.size(); ) {
      int end = i + 1;
      var label = labels.get(i);
      boolean entity = label.startsWith("B-") || label.startsWith("I-");
      while (entity && end < tokens.size() && labels.get(end).equals("I-" + label.substring(2))) {
        end++;
      }
      var text = escaped(String.join(" ", tokens.subList(i, end)));
      if (entity) {
        out.append("<mark class=\"").append(kind).append("\">").append(text).append("<small>");
        out.append(escaped(label.substring(2))).append("</small></mark> ");
      } else {
        out.append(text).append(' ');
      }
      i = end;
    }
    return out.toString();
  }

  /** Text of an input as HTML; nothing in it can become markup. */
  static String escaped(String text) {
    var out = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> {
                  boolean odd =
                      Character.isISOControl(c)
                          || Character.getType(c) == Character.FORMAT
                          || Character.getType(c) == Character.SURROGATE;
                  out.appendCodePoint(odd ? '\uFFFD' : c);
                }
              }
            });
    return out.toString();
  }
}
