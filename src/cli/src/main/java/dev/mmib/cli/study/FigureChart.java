package dev.mmib.cli.study;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws a figure: means as points, intervals as bars, lines moved apart so that no bar hides. */
final class FigureChart {

  private static final int WIDTH = 820;
  private static final int HEIGHT = 440;
  private static final double APART = 0.06;
  private static final Color ZERO = new Color(0x888888);

  private FigureChart() {}

  /** Writes a PNG file; nothing if there is no value to draw. */
  static void write(Figure figure, Path file) {
    if (figure.drawn().isEmpty()) {
      return;
    }
    try {
      BitmapEncoder.saveBitmap(chart(figure), file.toString(), BitmapFormat.PNG);
    } catch (IOException e) {
      throw MmibException.in(
              file.toString(),
              ErrorCode.IO,
              "cannot be written: " + e.getClass().getSimpleName(),
              "Is the disk full?")
          .causedBy(e);
    }
  }

  private static XYChart chart(Figure figure) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(figure.title())
            .xAxisTitle(figure.xTitle())
            .yAxisTitle(figure.yTitle())
            .build();
    int positions = figure.positions().size();
    var style = chart.getStyler();
    style.setLegendPosition(LegendPosition.OutsideE);
    style.setXAxisMin(-0.5).setXAxisMax(positions - 0.5);
    style.setXAxisTickMarkSpacingHint(WIDTH / (2 * positions));
    style.setErrorBarsColorSeriesColor(true);
    style.setYAxisDecimalPattern("0.00");
    style.setXAxisTickLabelsFormattingFunction(x -> label(figure, x));
    var drawn = figure.drawn();
    boolean signed = false;
    for (int i = 0; i < drawn.size(); i++) {
      double shift = APART * (i - (drawn.size() - 1) / 2.0);
      signed |= add(chart, drawn.get(i), shift);
    }
    if (signed) {
      var zero =
          chart.addSeries(
              "no difference", new double[] {-0.5, positions - 0.5}, new double[] {0, 0});
      zero.setMarker(SeriesMarkers.NONE);
      zero.setLineColor(ZERO);
      zero.setLineStyle(SeriesLines.DASH_DASH);
    }
    return chart;
  }

  private static String label(Figure figure, double x) {
    int at = (int) Math.rint(x);
    return Math.abs(x - at) < 1e-6 && at >= 0 && at < figure.positions().size()
        ? figure.positions().get(at)
        : " ";
  }

  /** Returns whether any interval reaches below zero: then zero is worth a line. */
  private static boolean add(XYChart chart, Figure.Line line, double shift) {
    var known = line.values().stream().filter(value -> value != null).toList();
    var x = new double[known.size()];
    var y = new double[known.size()];
    var half = new double[known.size()];
    boolean negative = false;
    for (int i = 0, at = 0; i < line.values().size(); i++) {
      var value = line.values().get(i);
      if (value != null) {
        x[at] = i + shift;
        y[at] = value.mean();
        half[at++] = value.half();
        negative |= value.low() < 0;
      }
    }
    chart.addSeries(line.name(), x, y, half).setMarker(SeriesMarkers.CIRCLE);
    return negative;
  }
}
