package dev.mmib.jmh;

import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** How many times as long others take, as bars; a line is where they take as long as we do. */
final class Chart {

  private static final int WIDTH = 1200;
  private static final int HEIGHT = 560;

  /**
   * Groups that say how parts behave, not how fast the whole is; and word pieces, at which forty
   * times would leave the others no height.
   */
  private static final Set<String> NOT_SHOWN =
      Set.of("peak", "operators", "growth", "crf", "tokens");

  private Chart() {}

  /** A PNG of the median ratios. */
  static byte[] of(List<Scores> all) {
    var shown =
        all.stream()
            .filter(s -> !NOT_SHOWN.contains(s.group()) && !s.group().startsWith("convolution"))
            .filter(s -> s.contenders().stream().anyMatch(c -> isPeer(c.name())))
            .toList();
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Their time divided by that of this library (median over rounds)")
            .build();
    var style = chart.getStyler();
    style.setChartBackgroundColor(Color.WHITE);
    style.setLegendPosition(LegendPosition.OutsideE);
    style.setXAxisLabelRotation(45);
    style.setLabelsVisible(true);
    style.setYAxisMin(0.0);
    var labels = shown.stream().map(s -> s.group() + " " + s.name()).toList();
    add(chart, "DJL with PyTorch", new Color(0x4C78A8), labels, shown, "djl"::equals);
    add(chart, "ONNX Runtime", new Color(0xF58518), labels, shown, "onnxruntime"::equals);
    add(chart, "what else there is", new Color(0x9D9D9D), labels, shown, Chart::isOther);
    chart
        .addSeries("this library", labels, Collections.nCopies(labels.size(), 1.0))
        .setChartCategorySeriesRenderStyle(CategorySeriesRenderStyle.Line)
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(Color.BLACK);
    return png(chart);
  }

  private static boolean isPeer(String contender) {
    return contender.equals("djl") || contender.equals("onnxruntime") || isOther(contender);
  }

  /** Peers of other kinds: no variant of ours, and no variant of the engines that have a bar. */
  private static boolean isOther(String contender) {
    return !contender.startsWith(Workload.OURS)
        && !contender.startsWith("djl")
        && !contender.startsWith("onnxruntime")
        && !contender.equals("onednn")
        && !contender.equals("empty-jvm");
  }

  private static void add(
      CategoryChart chart,
      String title,
      Color color,
      List<String> labels,
      List<Scores> shown,
      Predicate<String> which) {
    var ratios = new ArrayList<@Nullable Double>();
    for (var scores : shown) {
      ratios.add(
          scores.contenders().stream()
              .filter(c -> which.test(c.name()) && c.ratio() != null)
              .map(c -> Math.round(100 * c.ratio().median()) / 100.0)
              .findFirst()
              .orElse(null));
    }
    if (ratios.stream().anyMatch(ratio -> ratio != null)) {
      chart.addSeries(title, labels, ratios).setFillColor(color);
    }
  }

  private static byte[] png(CategoryChart chart) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", out);
    } catch (IOException e) {
      throw new IllegalStateException(e); // in memory
    }
    return bytes.toByteArray();
  }
}
