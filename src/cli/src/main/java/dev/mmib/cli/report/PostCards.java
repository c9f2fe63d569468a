package dev.mmib.cli.report;

import dev.mmib.cli.report.ReportData.Answer;
import dev.mmib.cli.report.ReportData.Attention;
import dev.mmib.cli.report.ReportData.Link;
import dev.mmib.cli.report.ReportData.Mark;
import dev.mmib.cli.report.ReportData.PostCard;
import dev.mmib.cli.report.ReportData.Reading;
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
    boolean looks = !card.attention().isEmpty();
    out.append(looks ? "<article class=\"looks\">\n" : "<article>\n");
    if (!looks && !card.pictures().isEmpty()) {
      out.append("<div class=\"pictures\">\n");
      for (int i = 0; i < card.pictures().size(); i++) {
        append(out, card.pictures().get(i), i == 0 ? "whole" : "crop");
      }
      out.append("</div>\n");
    }
    out.append("<div class=\"body\">\n");
    appendReadings(out, card);
    card.links().forEach(link -> append(out, link));
    if (looks) {
      appendLooks(out, card);
    }
    out.append("<p class=\"note\">").append(Html.escape(card.note()));
    out.append(" <code>").append(Html.escape(card.id())).append("</code></p>\n");
    out.append("</div>\n</article>\n");
  }

  private static void appendReadings(StringBuilder out, PostCard card) {
    var truth = card.truth();
    boolean agree = true;
    for (Reading reading : card.readings()) {
      agree &= truth.isEmpty() || agree(reading.marks(), truth.get());
      out.append("<p class=\"text\" dir=\"auto\">");
      appendTag(out, reading.name());
      appendMarked(out, card.text(), reading.marks(), truth.orElse(reading.marks()));
      out.append("</p>\n");
    }
    if (truth.isPresent() && !agree) {
      out.append("<p class=\"text truth\" dir=\"auto\">");
      appendTag(out, "truth");
      appendMarked(out, card.text(), truth.get(), truth.get());
      out.append("</p>\n");
    }
  }

  private static void appendTag(StringBuilder out, String name) {
    if (!name.isEmpty()) {
      out.append("<span class=\"tag\">").append(Html.escape(name)).append("</span> ");
    }
  }

  private static boolean agree(List<Mark> found, List<Mark> truth) {
    return found.size() == truth.size()
        && found.stream().allMatch(mark -> truth.stream().anyMatch(mark::sameAs));
  }

  private static void append(StringBuilder out, Slot slot, String kind) {
    out.append("<figure class=\"").append(kind).append("\">");
    String type = mimeType(slot.file());
    if (type.isEmpty()) {
      out.append("<span class=\"missing\">").append(Html.escape(slot.problem())).append("</span>");
    } else {
      out.append("<img alt=\"").append(Html.escape(slot.name())).append("\" src=\"data:");
      out.append(type).append(";base64,");
      out.append(Base64.getEncoder().encodeToString(slot.file())).append("\">");
    }
    out.append("<figcaption>").append(Html.escape(slot.name())).append("</figcaption>");
    out.append("</figure>\n");
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
      boolean wrong = truth.stream().noneMatch(mark::sameAs);
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
      case "HEAD" -> 4;
      case "TAIL" -> 5;
      default -> 4 + Math.floorMod(type.hashCode(), 3);
    };
  }

  private static void append(StringBuilder out, Link link) {
    boolean known = !link.truth().isEmpty();
    boolean right = link.found().type().equals(link.truth());
    out.append("<p class=\"link").append(known ? right ? " right" : " wrong" : "").append("\">");
    appendTag(out, link.by());
    out.append("<bdi>").append(Html.escape(link.head())).append("</bdi> <span class=\"arrow\">");
    append(out, link.found());
    out.append("</span> <bdi>").append(Html.escape(link.tail())).append("</bdi>");
    if (known && !right) {
      out.append(" <span class=\"tag\">truth: ").append(Html.escape(link.truth()));
      out.append("</span>");
    }
    out.append("</p>\n");
    if (link.answers().size() > 1) {
      out.append("<ul class=\"answers\">\n");
      for (Answer answer : link.answers()) {
        out.append(answer.type().equals(link.truth()) ? "<li class=\"right\">" : "<li>");
        appendMeter(out, answer.score());
        out.append("<span>").append(Html.escape(answer.type())).append("</span></li>\n");
      }
      out.append("</ul>\n");
    }
  }

  private static void append(StringBuilder out, Answer answer) {
    out.append(Html.escape(answer.type())).append(" <i>").append(twoDigits(answer.score()));
    out.append("</i>");
  }

  /** The pictures in a row, and under them a row of bars for each that looked at them. */
  private static void appendLooks(StringBuilder out, PostCard card) {
    out.append("<div class=\"looked\" style=\"--n:").append(card.pictures().size());
    out.append("\" role=\"group\" aria-label=\"looked at\">\n");
    card.pictures().forEach(slot -> append(out, slot, "slot"));
    for (Attention attention : card.attention()) {
      out.append("<p class=\"who\"><bdi>").append(Html.escape(attention.name()));
      out.append("</bdi></p>\n");
      for (double weight : attention.weights()) {
        appendMeter(out, weight);
        out.append('\n');
      }
    }
    out.append("</div>\n");
  }

  private static void appendMeter(StringBuilder out, double value) {
    double share = Double.isFinite(value) ? Math.max(0, Math.min(1, value)) : 0;
    out.append("<span class=\"meter\" style=\"--w:").append(twoDigits(share)).append("\"><i>");
    out.append(twoDigits(share)).append("</i></span>");
  }

  private static String twoDigits(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
