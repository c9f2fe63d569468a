package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is written of a training while it runs: {@code metrics.jsonl}, TensorBoard events, and at
 * the end of each epoch the plots {@code loss.png} and {@code score.png}.
 */
final class Metrics implements AutoCloseable {

  private final Path directory;
  private final BufferedWriter lines;
  private final EventFile events;
  private final Curve loss = new Curve();
  private final Curve taskLoss = new Curve();
  private final Curve epochLoss = new Curve();
  private final Curve devF1 = new Curve();
  private final Curve devPrecision = new Curve();
  private final Curve devRecall = new Curve();
  private double stepsOfEpoch;

  /** A line that grows. */
  private static final class Curve {
    private final List<Double> x = new ArrayList<>();
    private final List<Double> y = new ArrayList<>();

    void add(double atX, double atY) {
      x.add(atX);
      y.add(atY);
    }

    Plots.Line line() {
      return new Plots.Line(x, y);
    }
  }

  private Metrics(Path directory, BufferedWriter lines, EventFile events) {
    this.directory = directory;
    this.lines = lines;
    this.events = events;
  }

  static Metrics create(Path directory) {
    var file = directory.resolve("metrics.jsonl");
    try {
      var events = EventFile.create(directory, now());
      return new Metrics(directory, Files.newBufferedWriter(file), events);
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  private static double now() {
    return System.currentTimeMillis() / 1000.0;
  }

  void add(StepReport step) {
    write(
        new JsonObject()
            .put("type", "step")
            .put("epoch", step.epoch())
            .put("step", step.step())
            .put("rows", step.rows())
            .put("loss", step.loss())
            .put("taskLoss", step.taskLoss())
            .put("alignment", step.alignment())
            .put("klText", step.klText())
            .put("klImage", step.klImage())
            .put("learningRate", step.learningRate())
            .put("gradientNorm", step.gradientNorm())
            .put("postsPerSecond", rounded(step.postsPerSecond()))
            .put("backendBytes", step.backendBytes()));
    var scalars = new LinkedHashMap<String, Double>();
    scalars.put("train/loss", step.loss());
    scalars.put("train/task", step.taskLoss());
    scalars.put("train/alignment", step.alignment());
    scalars.put("train/klText", step.klText());
    scalars.put("train/klImage", step.klImage());
    scalars.put("train/learningRate", step.learningRate());
    scalars.put("train/gradientNorm", step.gradientNorm());
    scalars.put("train/postsPerSecond", step.postsPerSecond());
    events.add(now(), step.step(), scalars);
    loss.add(step.step(), step.loss());
    taskLoss.add(step.step(), step.taskLoss());
    stepsOfEpoch = step.step();
  }

  void add(EpochReport epoch) {
    var dev = epoch.dev();
    var line = new JsonObject().put("type", "epoch").put("epoch", epoch.epoch());
    line.put("loss", epoch.epoch() == 0 ? JsonScalar.NULL : JsonScalar.of(epoch.loss()));
    write(
        line.put("devPrecision", dev.precision())
            .put("devRecall", dev.recall())
            .put("devF1", dev.f1())
            .put("best", epoch.best())
            .put("seconds", rounded(epoch.seconds()))
            .put("postsPerSecond", rounded(epoch.postsPerSecond())));
    events.add(
        now(),
        (long) stepsOfEpoch,
        Map.of("dev/precision", dev.precision(), "dev/recall", dev.recall(), "dev/f1", dev.f1()));
    if (epoch.epoch() > 0) {
      epochLoss.add(stepsOfEpoch, epoch.loss());
    }
    devF1.add(epoch.epoch(), dev.f1());
    devPrecision.add(epoch.epoch(), dev.precision());
    devRecall.add(epoch.epoch(), dev.recall());
    flush();
  }

  /** Adds a line of another kind, such as the score of the test set. */
  void add(JsonObject line) {
    write(line);
    flush();
  }

  /** Draws the plots anew. */
  void plot() {
    var losses = new LinkedHashMap<String, Plots.Line>();
    losses.put("loss", loss.line());
    losses.put("task", taskLoss.line());
    losses.put("mean of the epoch", epochLoss.line());
    Plots.write(directory.resolve("loss.png"), "Loss", "step", "loss", losses);
    var scores = new LinkedHashMap<String, Plots.Line>();
    scores.put("F1", devF1.line());
    scores.put("precision", devPrecision.line());
    scores.put("recall", devRecall.line());
    Plots.write(directory.resolve("score.png"), "Dev set", "epoch", "score", scores);
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  private void write(JsonObject line) {
    try {
      lines.write(Json.write(line));
      lines.write('\n');
    } catch (IOException e) {
      throw failed(directory.resolve("metrics.jsonl"), e);
    }
  }

  private void flush() {
    try {
      lines.flush();
    } catch (IOException e) {
      throw failed(directory.resolve("metrics.jsonl"), e);
    }
  }

  private static MmibException failed(Path file, IOException e) {
    return MmibException.in(
            file.toString(),
            ErrorCode.IO,
            "cannot be written: " + e.getClass().getSimpleName(),
            "Check its permissions and the free space.")
        .causedBy(e);
  }

  @Override
  public void close() {
    try (events) {
      lines.close();
    } catch (IOException e) {
      throw failed(directory.resolve("metrics.jsonl"), e);
    }
  }
}
