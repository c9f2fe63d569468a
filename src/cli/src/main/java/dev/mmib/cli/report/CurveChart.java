package dev.mmib.cli.report;

import dev.mmib.cli.report.ReportData.Curve;
import java.util.Locale;

/** A line chart as SVG; its colours come from the page, so that it follows light and dark. */
final class CurveChart {

  private static final int WIDTH = 720;
  private static final int HEIGHT = 280;
  private static final int LEFT = 56;
  private static final int RIGHT = 16;
  private static final int TOP = 12;
  private static final int BOTTOM = 40;
  private static final int TICKS = 5;

  /** More points than pixels help nobody. */
  private static final int MOST_POINTS = 600;

  /** Values and their places on one axis. */
  private record Axis(double low, double high, double from, double to) {

    static Axis over(double[] range, double from, double to) {
      double low = range[0];
      double high = range[1];
      if (!(low <= high)) {
        low = 0;
        high = 1;
      } else if (low == high) {
        double room = low == 0 ? 1 : Math.abs(low) * 0.1;
        low -= room;
        high += room;
      }
      return new Axis(low, high, from, to);
    }

    double at(double value) {
      return from + (to - from) * ((value - low) / (high - low));
    }

    /** One, two or five times a power of ten, such that about {@link #TICKS} fit. */
    double step() {
      double rough = (high - low) / TICKS;
      double power = Math.pow(10, Math.floor(Math.log10(rough)));
      double leading = rough / power;
      return (leading < 1.5 ? 1 : leading < 3.5 ? 2 : leading < 7.5 ? 5 : 10) * power;
    }
  }

  private final StringBuilder out;
  private final ReportData.Curves data;
  private final Axis x;
  private final Axis y;

  private CurveChart(StringBuilder out, ReportData.Curves data) {
    this.out = out;
    this.data = data;
    double[] rangeX = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    double[] rangeY = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    for (Curve curve : data.curves()) {
      for (int i = 0; i < curve.x().length; i++) {
        if (isPoint(curve, i)) {
          extend(rangeX, curve.x()[i]);
          extend(rangeY, curve.y()[i]);
        }
      }
    }
    this.x = Axis.over(rangeX, LEFT, WIDTH - RIGHT);
    this.y = Axis.over(rangeY, HEIGHT - BOTTOM, TOP);
  }

  static void append(StringBuilder out, ReportData.Curves data) {
    new CurveChart(out, data).append();
  }

  private static boolean isPoint(Curve curve, int i) {
    return Double.isFinite(curve.x()[i]) && Double.isFinite(curve.y()[i]);
  }

  private static void extend(double[] range, double value) {
    range[0] = Math.min(range[0], value);
    range[1] = Math.max(range[1], value);
  }

  private void append() {
    out.append("<figure>\n<svg viewBox=\"0 0 ").append(WIDTH).append(' ').append(HEIGHT);
    out.append("\" role=\"img\" aria-label=\"").append(Html.escape(data.title())).append("\">\n");
    appendGrid();
    for (int i = 0; i < data.curves().size(); i++) {
      appendCurve(data.curves().get(i), i);
    }
    out.append("</svg>\n<figcaption>");
    for (int i = 0; i < data.curves().size(); i++) {
      out.append("<span class=\"series s").append(i % 6).append("\">");
      out.append(Html.escape(data.curves().get(i).name())).append("</span> ");
    }
    out.append("</figcaption>\n</figure>\n");
  }

  private void appendGrid() {
    double stepY = y.step();
    for (double v = Math.ceil(y.low / stepY) * stepY; v <= y.high + stepY * 1e-9; v += stepY) {
      String at = Html.number(y.at(v));
      out.append("<line class=\"grid\" x1=\"").append(LEFT).append("\" x2=\"");
      out.append(WIDTH - RIGHT).append("\" y1=\"").append(at).append("\" y2=\"").append(at);
      out.append("\"/>");
      label(LEFT - 8, y.at(v) + 4, "end", tick(v, stepY));
    }
    double stepX = x.step();
    for (double v = Math.ceil(x.low / stepX) * stepX; v <= x.high + stepX * 1e-9; v += stepX) {
      label(x.at(v), HEIGHT - BOTTOM + 18, "middle", tick(v, stepX));
    }
    label((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 4, "middle", data.xName());
    out.append("<text class=\"tick\" text-anchor=\"middle\" transform=\"translate(13 ");
    out.append((HEIGHT - BOTTOM + TOP) / 2).append(") rotate(-90)\">");
    out.append(Html.escape(data.yName())).append("</text>\n");
  }

  private void label(double atX, double atY, String anchor, String text) {
    out.append("<text class=\"tick\" text-anchor=\"").append(anchor).append("\" x=\"");
    out.append(Html.number(atX)).append("\" y=\"").append(Html.number(atY)).append("\">");
    out.append(Html.escape(text)).append("</text>\n");
  }

  private static String tick(double value, double step) {
    int digits = Math.max(0, Math.min(6, (int) -Math.floor(Math.log10(step) + 1e-9)));
    double shown = Math.abs(value) < step * 1e-6 ? 0 : value;
    return String.format(Locale.ROOT, "%." + digits + "f", shown);
  }

  private void appendCurve(Curve curve, int index) {
    int every = Math.max(1, (curve.x().length + MOST_POINTS - 1) / MOST_POINTS);
    var points = new StringBuilder();
    int count = 0;
    for (int i = 0; i < curve.x().length; i++) {
      if (isPoint(curve, i) && (i % every == 0 || i == curve.x().length - 1)) {
        points.append(Html.number(x.at(curve.x()[i]))).append(',');
        points.append(Html.number(y.at(curve.y()[i]))).append(' ');
        count++;
      }
    }
    if (count == 1) {
      String[] at = points.toString().strip().split(",");
      out.append("<circle class=\"dot s").append(index % 6).append("\" r=\"4\" cx=\"");
      out.append(at[0]).append("\" cy=\"").append(at[1]).append("\"/>\n");
    } else if (count > 1) {
      out.append("<polyline class=\"line s").append(index % 6).append("\" points=\"");
      out.append(points.toString().strip()).append("\"><title>");
      out.append(Html.escape(curve.name())).append("</title></polyline>\n");
    }
  }
}
