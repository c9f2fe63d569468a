package dev.mmib.cli.study;

import dev.mmib.cli.study.Figure.Kind;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws a figure: means as points, intervals as bars; lines stand apart so that no bar hides. */
final class FigureChart {

  private static final int WIDTH = 820;
  private static final int HEIGHT = 440;
  private static final double APART = 0.06;
  private static final Color GREY = new Color(0x909090);

  /** Okabe and Ito's: told apart by colour-blind readers too. */
  private static final List<Color> COLORS =
      List.of(
          new Color(0x0072B2),
          new Color(0xD55E00),
          new Color(0x009E73),
          new Color(0xCC79A7),
          new Color(0xE69F00));

  private FigureChart() {}

  /** Writes a PNG file; nothing if there is no value to draw. */
  static void write(Figure figure, Path file) {
    if (figure.drawn().isEmpty()) {
      return;
    }
    boolean ordered = figure.drawn().stream().noneMatch(line -> line.kind() == Kind.POINTS);
    var png = new ByteArrayOutputStream();
    try {
      BitmapEncoder.saveBitmap(ordered ? curves(figure) : points(figure), png, BitmapFormat.PNG);
    } catch (IOException e) {
      throw MmibException.in(
              file.toString(),
              ErrorCode.IO,
              "cannot be encoded as PNG: " + e.getClass().getSimpleName(),
              "Check the memory.")
          .causedBy(e);
    }
    AtomicFile.write(file, png.toByteArray());
  }

  private static XYChart curves(Figure figure) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(figure.title())
            .xAxisTitle(figure.xTitle())
            .yAxisTitle(figure.yTitle())
            .build();
    int positions = figure.positions().size();
    var style = style(chart.getStyler());
    // Whole numbers, for the ticks to fall on the positions.
    style.setXAxisMin(-1.0).setXAxisMax((double) positions);
    style.setXAxisTickMarkSpacingHint(WIDTH / (2 * (positions + 1)));
    style.setXAxisTickLabelsFormattingFunction(x -> label(figure, x));
    var drawn = figure.drawn();
    boolean signed = false;
    int colored = 0;
    for (int i = 0; i < drawn.size(); i++) {
      double shift = APART * (i - (drawn.size() - 1) / 2.0);
      var line = drawn.get(i);
      var color = line.kind() == Kind.BOUND ? GREY : COLORS.get(colored++ % COLORS.size());
      signed |= add(chart, line, shift, color);
    }
    if (signed) {
      var zero =
          chart.addSeries("no difference", new double[] {-1, positions}, new double[] {0, 0});
      zero.setMarker(SeriesMarkers.NONE);
      zero.setLineColor(GREY);
      zero.setLineStyle(SeriesLines.DASH_DASH);
    }
    return chart;
  }

  /** Long names find room here, but each line's bars hide the next one's: for one line. */
  private static CategoryChart points(Figure figure) {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(figure.title())
            .xAxisTitle(figure.xTitle())
            .yAxisTitle(figure.yTitle())
            .build();
    style(chart.getStyler());
    chart.getStyler().setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Scatter);
    chart.getStyler().setLegendVisible(false);
    for (var line : figure.drawn()) {
      var names = new ArrayList<String>();
      var means = new ArrayList<Double>();
      var halves = new ArrayList<Double>();
      for (int i = 0; i < line.values().size(); i++) {
        var value = line.values().get(i);
        if (value != null) {
          names.add(figure.positions().get(i));
          means.add(value.mean());
          halves.add(value.half());
        }
      }
      var series = chart.addSeries(line.name(), names, means, halves);
      series.setMarkerColor(COLORS.get(0));
      series.setLineColor(COLORS.get(0));
    }
    return chart;
  }

  private static <S extends AxesChartStyler> S style(S style) {
    style.setLegendPosition(LegendPosition.OutsideE);
    style.setErrorBarsColorSeriesColor(true);
    style.setYAxisDecimalPattern("0.000");
    style.setChartBackgroundColor(Color.WHITE);
    style.setLegendBorderColor(Color.WHITE);
    return style;
  }

  /**
   * The position at a tick, or blanks; each tick's its own, since the chart drops repeated ones.
   */
  private static String label(Figure figure, double x) {
    int at = (int) Math.rint(x);
    return Math.abs(x - at) < 1e-6 && at >= 0 && at < figure.positions().size()
        ? figure.positions().get(at)
        : " ".repeat((int) Math.max(1, Math.rint(2 * x) + 4));
  }

  /** Returns whether any interval reaches below zero: then zero is worth a line. */
  private static boolean add(XYChart chart, Figure.Line line, double shift, Color color) {
    var known = line.values().stream().filter(Objects::nonNull).toList();
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
    var series = chart.addSeries(line.name(), x, y, half);
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setMarkerColor(color);
    series.setLineColor(color);
    if (line.kind() == Kind.BOUND) {
      series.setLineStyle(SeriesLines.DASH_DASH);
    }
    return negative;
  }
}
