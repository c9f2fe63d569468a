package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Line charts of a training, as PNG files. */
final class Plots {

  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;
  private static final int MOST_POINTS = 2000;

  private Plots() {}

  /** One line: y over x. */
  record Line(List<Double> x, List<Double> y) {}

  /** Writes a chart of the lines that have points; nothing if none has. */
  static void write(
      Path file, String title, String xTitle, String yTitle, Map<String, Line> lines) {
    var drawn = lines.entrySet().stream().filter(e -> !e.getValue().x().isEmpty()).toList();
    if (drawn.isEmpty()) {
      return;
    }
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(xTitle)
            .yAxisTitle(yTitle)
            .build();
    for (var line : drawn) {
      int stride = 1 + (line.getValue().x().size() - 1) / MOST_POINTS;
      var series =
          chart.addSeries(
              line.getKey(),
              everyNth(line.getValue().x(), stride),
              everyNth(line.getValue().y(), stride));
      series.setMarker(line.getValue().x().size() == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    }
    try {
      BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
    } catch (IOException e) {
      throw MmibException.in(
              file.toString(),
              ErrorCode.IO,
              "cannot be written: " + e.getMessage(),
              "Is the disk full?")
          .causedBy(e);
    }
  }

  private static double[] everyNth(List<Double> values, int stride) {
    var kept = new double[(values.size() + stride - 1) / stride];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = values.get(i * stride);
    }
    return kept;
  }
}
