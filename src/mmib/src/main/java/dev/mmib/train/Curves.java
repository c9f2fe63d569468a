package dev.mmib.train;

import dev.mmib.io.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The curves of a training, as they grow from the lines of its metrics, and their plots. */
final class Curves {

  private static final Map<String, String> OF_STEPS =
      ordered(
          "loss", "loss",
          "taskLoss", "task",
          "alignment", "alignment",
          "klText", "KL of texts",
          "klImage", "KL of pictures");
  private static final Map<String, String> OF_EPOCHS =
      ordered("devF1", "F1", "devPrecision", "precision", "devRecall", "recall");
  private static final int MOST_POINTS = 8192;
  private static final String EPOCH_LOSS = "mean of the epoch";

  private final Path directory;
  private final Map<String, Plots.Line> losses = lines(OF_STEPS);
  private final Map<String, Plots.Line> scores = lines(OF_EPOCHS);
  private final Plots.Line rate = line();
  private long lastStep;

  Curves(Path directory) {
    this.directory = directory;
    losses.put(EPOCH_LOSS, line());
  }

  private static Map<String, String> ordered(String... keysAndTitles) {
    var map = new LinkedHashMap<String, String>();
    for (int i = 0; i < keysAndTitles.length; i += 2) {
      map.put(keysAndTitles[i], keysAndTitles[i + 1]);
    }
    return map;
  }

  private static Map<String, Plots.Line> lines(Map<String, String> titles) {
    var lines = new LinkedHashMap<String, Plots.Line>();
    titles.values().forEach(title -> lines.put(title, line()));
    return lines;
  }

  private static Plots.Line line() {
    return new Plots.Line(new ArrayList<>(), new ArrayList<>());
  }

  /** Adds a line of the metrics; of kinds that have no curve, nothing. */
  void add(JsonObject metrics) {
    switch (metrics.string("type")) {
      case "step" -> {
        lastStep = metrics.longInteger("step");
        add(metrics, OF_STEPS, losses, lastStep);
        point(rate, lastStep, metrics.number("learningRate"));
      }
      case "epoch" -> {
        add(metrics, OF_EPOCHS, scores, metrics.integer("epoch"));
        if (!metrics.absent("loss")) {
          point(line(losses, EPOCH_LOSS), lastStep, metrics.number("loss"));
        }
      }
      default -> {
        // The score of the test set and the like are single numbers.
      }
    }
  }

  private static void add(
      JsonObject metrics, Map<String, String> titles, Map<String, Plots.Line> lines, double x) {
    titles.forEach(
        (key, title) -> {
          if (!metrics.absent(key)) { // absent of a step that was left out
            point(line(lines, title), x, metrics.number(key));
          }
        });
  }

  private static Plots.Line line(Map<String, Plots.Line> lines, String title) {
    return lines.computeIfAbsent(title, t -> line());
  }

  /** Adds a point; of a line that grows too long every other one is forgotten. */
  private static void point(Plots.Line line, double x, double y) {
    if (line.x().size() == MOST_POINTS) {
      thin(line.x());
      thin(line.y());
    }
    line.x().add(x);
    line.y().add(y);
  }

  private static void thin(List<Double> values) {
    for (int i = 0; 2 * i < values.size(); i++) {
      values.set(i, values.get(2 * i));
    }
    values.subList((values.size() + 1) / 2, values.size()).clear();
  }

  /** The last step that was added. */
  long lastStep() {
    return lastStep;
  }

  /** Draws the plots anew. */
  void plot() {
    Plots.write(directory.resolve("loss.png"), "Loss", "step", "loss", losses);
    Plots.write(directory.resolve("score.png"), "Dev set", "epoch", "score", scores);
    Plots.write(
        directory.resolve("rate.png"), "Learning rate", "step", "rate", Map.of("rate", rate));
  }
}
