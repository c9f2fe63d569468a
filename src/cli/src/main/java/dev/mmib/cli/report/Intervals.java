package dev.mmib.cli.report;

import java.util.List;
import java.util.Locale;

/** Differences with their intervals, drawn about 0 on a common scale. */
public record Intervals(String title, String text, List<Interval> intervals)
    implements ReportData.Section {

  /** One difference, and between what it may well lie. */
  public record Interval(String name, double low, double value, double high) {
    public Interval {
      if (!(low <= high) || !Double.isFinite(value) || !Double.isFinite(high - low)) {
        throw new IllegalArgumentException(
            "Interval: " + value + " in [" + low + ", " + high + "] vs finite and in order");
      }
    }
  }

  public Intervals {
    intervals = List.copyOf(intervals);
  }

  void append(StringBuilder out) {
    double most = 1e-4; // so that a scale remains where nothing differs
    for (var interval : intervals) {
      most = Math.max(most, Math.max(Math.abs(interval.low()), Math.abs(interval.high())));
    }
    most *= 1.1;
    out.append("<div class=\"bars intervals\">\n");
    for (var interval : intervals) {
      double low = 0.5 + interval.low() / most / 2;
      double high = 0.5 + interval.high() / most / 2;
      double value = 0.5 + interval.value() / most / 2;
      boolean clear = interval.low() > 0 || interval.high() < 0;
      out.append("<div class=\"bar\"><span class=\"name\">").append(Html.escape(interval.name()));
      out.append("</span><span class=\"track\"><span class=\"zero\"></span><span class=\"fill");
      out.append(clear ? " clear" : "").append("\" style=\"left:").append(percent(low));
      out.append(";width:").append(percent(high - low)).append("\"></span>");
      out.append("<span class=\"mark\" style=\"left:").append(percent(value));
      out.append("\"></span></span><span class=\"value\"><b>").append(signed(interval.value()));
      out.append("</b> <small>").append(signed(interval.low())).append(" to ");
      out.append(signed(interval.high())).append("</small></span></div>\n");
    }
    out.append("</div>\n");
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f%%", 100 * Math.max(0, Math.min(1, share)));
  }

  private static String signed(double value) {
    return String.format(Locale.ROOT, "%+.4f", value);
  }
}
