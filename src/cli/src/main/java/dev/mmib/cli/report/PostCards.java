package dev.mmib.cli.report;

import dev.mmib.cli.report.ReportData.Attention;
import dev.mmib.cli.report.ReportData.Link;
import dev.mmib.cli.report.ReportData.Mark;
import dev.mmib.cli.report.ReportData.PostCard;
import dev.mmib.cli.report.ReportData.Slot;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** Posts as cards: pictures, marked text, relations, and who looked at which picture. */
final class PostCards {

  private PostCards() {}

  static void append(StringBuilder out, ReportData.Posts posts) {
    out.append("<div class=\"cards\">\n");
    posts.cards().forEach(card -> append(out, card));
    out.append("</div>\n");
  }

  private static void append(StringBuilder out, PostCard card) {
    out.append("<article>\n");
    appendPictures(out, card);
    out.append("<div class=\"body\">\n<p class=\"text\" dir=\"auto\">");
    appendMarked(out, card.text(), card.found(), card.truth());
    out.append("</p>\n");
    if (!card.truth().isEmpty() && !agree(card.found(), card.truth())) {
      out.append("<p class=\"text truth\" dir=\"auto\"><span class=\"tag\">truth</span> ");
      appendMarked(out, card.text(), card.truth(), List.of());
      out.append("</p>\n");
    }
    card.links().forEach(link -> append(out, link));
    appendAttention(out, card);
    out.append("<p class=\"note\">").append(Html.escape(card.note()));
    out.append(" <code>").append(Html.escape(card.id())).append("</code></p>\n");
    out.append("</div>\n</article>\n");
  }

  private static boolean agree(List<Mark> found, List<Mark> truth) {
    return found.size() == truth.size()
        && found.stream().allMatch(mark -> truth.stream().anyMatch(mark::sameAs));
  }

  private static void appendPictures(StringBuilder out, PostCard card) {
    out.append("<div class=\"pictures\">\n");
    for (int i = 0; i < card.pictures().size(); i++) {
      Slot slot = card.pictures().get(i);
      out.append(i == 0 ? "<figure class=\"whole\">" : "<figure>");
      String type = mimeType(slot.file());
      if (type.isEmpty()) {
        out.append("<span class=\"missing\">no picture</span>");
      } else {
        out.append("<img alt=\"").append(Html.escape(slot.name())).append("\" src=\"data:");
        out.append(type).append(";base64,");
        out.append(Base64.getEncoder().encodeToString(slot.file())).append("\">");
      }
      out.append("<figcaption>").append(Html.escape(slot.name())).append("</figcaption>");
      out.append("</figure>\n");
    }
    out.append("</div>\n");
  }

  /** By content; empty for what no browser shows. */
  private static String mimeType(byte[] file) {
    String[][] starts = {
      {"\u00ff\u00d8\u00ff", "image/jpeg"},
      {"\u0089PNG", "image/png"},
      {"GIF8", "image/gif"},
      {"RIFF", "image/webp"},
      {"BM", "image/bmp"}
    };
    for (String[] start : starts) {
      boolean same = file.length >= start[0].length();
      for (int i = 0; same && i < start[0].length(); i++) {
        same = (file[i] & 0xFF) == start[0].charAt(i);
      }
      if (same) {
        return start[1];
      }
    }
    return "";
  }

  /** The text with its marks; those that are not in {@code truth} are shown as wrong. */
  private static void appendMarked(
      StringBuilder out, String text, List<Mark> marks, List<Mark> truth) {
    int at = 0;
    for (Mark mark : marks) {
      out.append(Html.escape(text.substring(at, mark.start())));
      boolean wrong = !truth.isEmpty() && truth.stream().noneMatch(mark::sameAs);
      out.append("<mark class=\"t").append(color(mark.type())).append(wrong ? " wrong" : "");
      out.append("\">").append(Html.escape(text.substring(mark.start(), mark.end())));
      out.append("<b>").append(Html.escape(mark.type()));
      mark.score().ifPresent(s -> out.append(" <i>").append(twoDigits(s)).append("</i>"));
      out.append("</b></mark>");
      at = mark.end();
    }
    out.append(Html.escape(text.substring(at)));
  }

  /** The usual types have colours of their own, any other one of the rest. */
  private static int color(String type) {
    return switch (type.toUpperCase(Locale.ROOT)) {
      case "PER", "PERSON" -> 0;
      case "LOC", "LOCATION" -> 1;
      case "ORG", "ORGANIZATION" -> 2;
      case "MISC", "OTHER" -> 3;
      default -> 4 + Math.floorMod(type.hashCode(), 3);
    };
  }

  private static void append(StringBuilder out, Link link) {
    boolean known = !link.truth().isEmpty();
    boolean right = link.type().equals(link.truth());
    out.append("<p class=\"link").append(known ? right ? " right" : " wrong" : "").append("\">");
    out.append("<bdi>").append(Html.escape(link.head())).append("</bdi> <span class=\"arrow\">");
    out.append(Html.escape(link.type())).append(" <i>").append(twoDigits(link.score()));
    out.append("</i></span> <bdi>").append(Html.escape(link.tail())).append("</bdi>");
    if (known && !right) {
      out.append(" <span class=\"tag\">truth: ").append(Html.escape(link.truth()));
      out.append("</span>");
    }
    out.append("</p>\n");
  }

  private static void appendAttention(StringBuilder out, PostCard card) {
    if (card.attention().isEmpty()) {
      return;
    }
    out.append(
        "<details open><summary>looked at</summary><div class=\"scroll\"><table>\n<tr><th></th>");
    card.pictures().forEach(p -> out.append("<th>").append(Html.escape(p.name())).append("</th>"));
    out.append("</tr>\n");
    for (Attention attention : card.attention()) {
      out.append("<tr><th scope=\"row\"><bdi>").append(Html.escape(attention.name()));
      out.append("</bdi></th>");
      for (double weight : attention.weights()) {
        double share = Double.isFinite(weight) ? Math.max(0, Math.min(1, weight)) : 0;
        out.append("<td class=\"heat\" style=\"--w:").append(twoDigits(share)).append("\">");
        out.append(twoDigits(share)).append("</td>");
      }
      out.append("</tr>\n");
    }
    out.append("</table></div></details>\n");
  }

  private static String twoDigits(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
