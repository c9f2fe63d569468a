package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import dev.mmib.score.Prf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is written of a training while it runs: {@code metrics.jsonl}, TensorBoard events, and at
 * the end of each epoch the plots {@code loss.png} and {@code score.png}.
 */
final class Metrics implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Metrics.class);

  private static final String FILE = "metrics.jsonl";
  private static final String TEST = "test";
  private static final int LONGEST_LINE = 1 << 16;

  private final Path file;
  private final FileChannel lines;
  private final EventFile events;
  private final Curves curves;

  private Metrics(Path file, FileChannel lines, EventFile events, Curves curves) {
    this.file = file;
    this.lines = lines;
    this.events = events;
    this.curves = curves;
  }

  /**
   * Opens those of a training that stands at {@code state}: at its beginning, or at a checkpoint.
   * Lines and events of later steps, which will be done again, are left out.
   */
  static Metrics open(Path directory, TrainingState state) {
    var file = directory.resolve(FILE);
    try {
      var lines =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      boolean opened = false;
      EventFile events = null;
      try {
        events = EventFile.create(directory, now());
        var metrics = new Metrics(file, lines, events, new Curves(directory));
        metrics.replay(state.metricsBytes);
        metrics.events.restart(now(), state.step + 1);
        opened = true;
        return metrics;
      } finally {
        if (!opened) {
          lines.close();
          if (events != null) {
            events.close();
          }
        }
      }
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  /** Keeps the first {@code bytes} of the file, and draws their lines into the curves. */
  private void replay(long bytes) throws IOException {
    if (lines.size() < bytes) {
      LOG.warn("{}: {} bytes are left of {}: the curves have gaps", file, lines.size(), bytes);
    }
    lines.truncate(bytes);
    long from = Math.max(0, lines.size() - LONGEST_LINE);
    lines.truncate(from + text(lines, from).lastIndexOf('\n') + 1);
    lines.position(lines.size());
    try (var reader = Files.newBufferedReader(file)) {
      for (var line = reader.readLine(); line != null; line = reader.readLine()) {
        curves.add(Json.parse(line, file.toString(), ErrorCode.CHECKPOINT).asObject());
      }
    }
  }

  /** What is in a file from a place on; lines are ASCII. */
  private static String text(FileChannel channel, long from) throws IOException {
    var bytes = ByteBuffer.allocate(Math.toIntExact(channel.size() - from));
    while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
      // A read may give less than is there.
    }
    return new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII);
  }

  /** Whether the test set was scored after a training came to stand at {@code state}. */
  static boolean hasTest(Path directory, TrainingState state) {
    var file = directory.resolve(FILE);
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      var rest = text(channel, Math.min(channel.size(), state.metricsBytes));
      return rest.endsWith("\n") && rest.contains("\"type\":\"" + TEST + "\"");
    } catch (NoSuchFileException e) {
      return false; // nobody is told a score that is not there: it is computed again
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  private static double now() {
    return System.currentTimeMillis() / 1000.0;
  }

  void add(StepReport step) {
    var line =
        new JsonObject()
            .put("type", "step")
            .put("epoch", step.epoch())
            .put("step", step.step())
            .put("rows", step.rows());
    var scalars = new LinkedHashMap<String, Double>();
    if (step.skipped()) {
      line.put("skipped", true);
    } else {
      scalars.put("loss", step.loss());
      scalars.put("taskLoss", step.taskLoss());
      scalars.put("alignment", step.alignment());
      scalars.put("klText", step.klText());
      scalars.put("klImage", step.klImage());
      scalars.put("gradientNorm", step.gradientNorm());
    }
    scalars.put("learningRate", step.learningRate());
    scalars.put("postsPerSecond", rounded(step.postsPerSecond()));
    scalars.put("backendBytes", (double) step.backendBytes());
    scalars.put("heapBytes", (double) step.heapBytes());
    scalars.forEach((name, value) -> put(line, name, value));
    write(line);
    var tags = new LinkedHashMap<String, Double>();
    scalars.forEach((name, value) -> tags.put("train/" + name, value));
    events.add(now(), step.step(), tags);
    curves.add(line);
  }

  private static void put(JsonObject line, String name, double value) {
    if (name.endsWith("Bytes")) {
      line.put(name, (long) value);
    } else {
      line.put(name, value);
    }
  }

  void add(EpochReport epoch) {
    var dev = epoch.dev();
    var line = new JsonObject().put("type", "epoch").put("epoch", epoch.epoch());
    line.put("loss", epoch.epoch() == 0 ? JsonScalar.NULL : JsonScalar.of(epoch.loss()));
    line.put("devPrecision", dev.precision())
        .put("devRecall", dev.recall())
        .put("devF1", dev.f1())
        .put("best", epoch.best())
        .put("seconds", rounded(epoch.seconds()))
        .put("postsPerSecond", rounded(epoch.postsPerSecond()));
    write(line);
    curves.add(line);
    events.add(
        now(),
        curves.lastStep(),
        Map.of("dev/precision", dev.precision(), "dev/recall", dev.recall(), "dev/f1", dev.f1()));
  }

  /** Adds what was done with pictures up to the end of an epoch. */
  void add(int epoch, PictureCounts pictures) {
    var line = new JsonObject().put("type", "pictures").put("epoch", epoch);
    pictures.toJson().members().forEach(line::put);
    write(line);
  }

  /** Adds the score of the test set by the model of an epoch. */
  void addTest(int epoch, Prf score) {
    write(
        new JsonObject()
            .put("type", TEST)
            .put("epoch", epoch)
            .put("precision", score.precision())
            .put("recall", score.recall())
            .put("f1", score.f1()));
  }

  /** Draws the plots anew. */
  void plot() {
    curves.plot();
  }

  /** Makes everything durable; the length of metrics.jsonl. */
  long sync() {
    try {
      lines.force(true);
      return lines.size();
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  private void write(JsonObject line) {
    try {
      var bytes = ByteBuffer.wrap((Json.write(line) + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        lines.write(bytes);
      }
    } catch (IOException e) {
      throw failed(file, e);
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
      throw failed(file, e);
    }
  }
}
