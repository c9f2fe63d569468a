package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.knowm.xchart.BitmapEncoder;
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
    var bytes = new ByteArrayOutputStream();
    // In memory: ImageIO's own cache is a temporary file, which a kill leaves behind.
    try (var out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", out);
    } catch (IOException e) {
      throw MmibException.in(
              file.toString(), ErrorCode.IO, "cannot be drawn: " + e.getMessage(), "This is a bug.")
          .causedBy(e);
    }
    AtomicFile.write(file, bytes.toByteArray());
  }

  private static double[] everyNth(List<Double> values, int stride) {
    var kept = new double[(values.size() + stride - 1) / stride];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = values.get(i * stride);
    }
    return kept;
  }
}
