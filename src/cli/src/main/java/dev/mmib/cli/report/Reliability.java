package dev.mmib.cli.report;

import dev.mmib.score.Calibration;
import dev.mmib.score.Calibration.Bin;
import java.util.Locale;

/**
 * How often predictions are right against how sure of them the model was: a reliability diagram.
 *
 * <p>Points on the diagonal keep their word; below it the model claims too much. Whiskers show
 * where the true share may well lie; the bars below count the predictions.
 */
public record Reliability(String title, String text, Calibration calibration)
    implements ReportData.Section {

  private static final int WIDTH = 400;
  private static final int SIDE = 320; // of the square
  private static final int LEFT = 52;
  private static final int TOP = 10;
  private static final int BARS = 70; // height of the counts
  private static final int GAP = 52;
  private static final int FOOT = 8;
  private static final double LEAST = 1.5; // so that one prediction can be seen
  private static final int TICKS = 5;

  void append(StringBuilder out) {
    out.append("<div class=\"reliability\">\n<figure>\n<svg viewBox=\"0 0 ").append(WIDTH);
    out.append(' ').append(TOP + SIDE + GAP + BARS + FOOT).append("\" role=\"img\" aria-label=\"");
    out.append(Html.escape(title)).append("\">\n");
    appendAxes(out);
    calibration.bins().stream().filter(bin -> bin.count() > 0).forEach(b -> append(out, b));
    appendCounts(out);
    out.append("</svg>\n</figure>\n");
    appendNumbers(out);
    out.append("</div>\n");
  }

  private static double x(double share) {
    return LEFT + SIDE * share;
  }

  private static double y(double share) {
    return TOP + SIDE * (1 - share);
  }

  private static void appendAxes(StringBuilder out) {
    for (int tick = 0; tick <= TICKS; tick++) {
      double share = (double) tick / TICKS;
      line(out, "grid", x(0), y(share), x(1), y(share));
      line(out, "grid", x(share), y(0), x(share), y(1));
      label(out, LEFT - 8, y(share) + 4, "end", Html.number(share));
      label(out, x(share), y(0) + 18, "middle", Html.number(share));
    }
    line(out, "ideal", x(0), y(0), x(1), y(1));
    label(out, x(0.5), y(0) + 36, "middle", "score of the prediction");
    upright(out, y(0.5), "share that is right");
  }

  private static void append(StringBuilder out, Bin bin) {
    double at = x(bin.meanScore());
    double width = (bin.high() - bin.low()) * SIDE;
    double from = Math.min(y(bin.accuracy()), y(bin.meanScore()));
    double to = Math.max(y(bin.accuracy()), y(bin.meanScore()));
    out.append("<rect class=\"gap\" x=\"").append(Html.number(x(bin.low()) + 1)).append("\" y=\"");
    out.append(Html.number(from)).append("\" width=\"").append(Html.number(width - 2));
    out.append("\" height=\"").append(Html.number(to - from)).append("\"/>\n");
    line(out, "whisker", at, y(bin.accuracyLow()), at, y(bin.accuracyHigh()));
    out.append("<circle class=\"dot s0\" r=\"5\" cx=\"").append(Html.number(at));
    out.append("\" cy=\"").append(Html.number(y(bin.accuracy()))).append("\"><title>");
    out.append(
        String.format(
            Locale.ROOT,
            "scores of %.1f to %.1f: %d predictions, scored %.3f on average, %.3f right"
                + " (95 %%: %.3f to %.3f)",
            bin.low(),
            bin.high(),
            bin.count(),
            bin.meanScore(),
            bin.accuracy(),
            bin.accuracyLow(),
            bin.accuracyHigh()));
    out.append("</title></circle>\n");
  }

  private void appendCounts(StringBuilder out) {
    int top = TOP + SIDE + GAP;
    int most = calibration.bins().stream().mapToInt(Bin::count).max().orElse(1);
    for (var bin : calibration.bins()) {
      double height = bin.count() == 0 ? 0 : Math.max(LEAST, (double) BARS * bin.count() / most);
      double width = (bin.high() - bin.low()) * SIDE;
      out.append("<rect class=\"count\" x=\"").append(Html.number(x(bin.low()) + 1));
      out.append("\" y=\"").append(Html.number(top + BARS - height)).append("\" width=\"");
      out.append(Html.number(width - 2)).append("\" height=\"").append(Html.number(height));
      out.append("\"><title>").append(bin.count()).append(" predictions</title></rect>\n");
    }
    line(out, "grid", x(0), top + BARS, x(1), top + BARS);
    label(out, LEFT - 8, top + 10, "end", Integer.toString(most));
    label(out, LEFT - 8, top + BARS, "end", "0");
    upright(out, top + BARS / 2.0, "how many");
  }

  private void appendNumbers(StringBuilder out) {
    out.append("<dl class=\"numbers\">\n");
    number(out, "expected calibration error", calibration.ece(), "0 is best");
    number(out, "Brier score", calibration.brier(), "0 is best, 0.25 knows nothing");
    number(out, "mean score", calibration.meanScore(), "what the model claims");
    number(out, "share that is right", calibration.accuracy(), "what came true");
    out.append("<div><dt>predictions</dt><dd>").append(calibration.n()).append("</dd></div>\n");
    out.append("</dl>\n");
  }

  private static void number(StringBuilder out, String name, double value, String hint) {
    out.append("<div><dt>").append(Html.escape(name)).append(" <small>").append(Html.escape(hint));
    out.append("</small></dt><dd>").append(String.format(Locale.ROOT, "%.4f", value));
    out.append("</dd></div>\n");
  }

  private static void line(
      StringBuilder out, String kind, double x1, double y1, double x2, double y2) {
    out.append("<line class=\"").append(kind).append("\" x1=\"").append(Html.number(x1));
    out.append("\" y1=\"").append(Html.number(y1)).append("\" x2=\"").append(Html.number(x2));
    out.append("\" y2=\"").append(Html.number(y2)).append("\"/>\n");
  }

  private static void upright(StringBuilder out, double atY, String text) {
    out.append("<text class=\"tick\" text-anchor=\"middle\" transform=\"translate(13 ");
    out.append(Html.number(atY)).append(") rotate(-90)\">").append(Html.escape(text));
    out.append("</text>\n");
  }

  private static void label(StringBuilder out, double atX, double atY, String anchor, String text) {
    out.append("<text class=\"tick\" text-anchor=\"").append(anchor).append("\" x=\"");
    out.append(Html.number(atX)).append("\" y=\"").append(Html.number(atY)).append("\">");
    out.append(Html.escape(text)).append("</text>\n");
  }
}
