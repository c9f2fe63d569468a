package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.score.Prf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("metrics.jsonl");
  }

  @Test
  void goesOnAfterTheLinesThatBelongToACheckpoint() throws IOException {
    var state = new TrainingState(1);
    try (var metrics = Metrics.open(directory, state)) {
      metrics.add(step(1, 4.0, false));
      metrics.add(step(2, 3.0, false));
      state.metricsBytes = metrics.sync();
      state.step = 2;
      metrics.add(step(3, 9.0, false));
    }
    var before = Files.readString(file);
    try (var metrics = Metrics.open(directory, state)) {
      metrics.add(step(3, 2.0, false));
    }
    var lines = Files.readAllLines(file);
    assertEquals(3, lines.size());
    assertTrue(before.startsWith(String.join("\n", lines.subList(0, 2)) + "\n"));
    assertEquals(2.0, Json.parse(lines.get(2), "x").asObject().number("loss"));
  }

  @Test
  void keepsTheWholeLinesOfAFileThatLostItsEnd() throws IOException {
    var state = new TrainingState(1);
    try (var metrics = Metrics.open(directory, state)) {
      metrics.add(step(1, 4.0, false));
      metrics.add(step(2, 3.0, false));
      state.metricsBytes = metrics.sync();
      state.step = 2;
    }
    var text = Files.readString(file);
    Files.writeString(file, text.substring(0, text.length() - 10));
    try (var metrics = Metrics.open(directory, state)) {
      metrics.add(step(3, 2.0, false));
      metrics.plot();
    }
    var lines = Files.readAllLines(file);
    assertEquals(2, lines.size(), "the second line was torn");
    assertEquals(3, Json.parse(lines.get(1), "x").asObject().integer("step"));
    assertTrue(Files.size(directory.resolve("loss.png")) > 0);
    assertTrue(Files.size(directory.resolve("rate.png")) > 0);
  }

  @Test
  void refusesALineThatIsNoJson() throws IOException {
    Files.writeString(file, "{\"type\":\n");
    var state = new TrainingState(1);
    state.metricsBytes = 9;
    var e = assertThrows(MmibException.class, () -> Metrics.open(directory, state));
    assertEquals(ErrorCode.CHECKPOINT, e.code());
  }

  @Test
  void saysWhichStepsWereLeftOutAndNothingThatIsNotFinite() throws IOException {
    try (var metrics = Metrics.open(directory, new TrainingState(1))) {
      metrics.add(step(1, Double.NaN, true));
      metrics.plot();
    }
    var line = Json.parse(Files.readString(file).strip(), "x").asObject();
    assertTrue(line.bool("skipped"));
    assertFalse(line.has("loss"));
    assertFalse(line.has("gradientNorm"));
    assertEquals(0.5, line.number("learningRate"));
  }

  @Test
  void knowsWhetherTheTestSetWasScoredAfterTheLastCheckpoint() throws IOException {
    var state = new TrainingState(1);
    assertFalse(Metrics.hasTest(directory, state), "no file");
    try (var metrics = Metrics.open(directory, state)) {
      metrics.add(step(1, 1, false));
      state.metricsBytes = metrics.sync();
      assertFalse(Metrics.hasTest(directory, state));
      metrics.addTest(1, new Prf(0.5, 0.25, 1 / 3.0, 4));
      assertTrue(Metrics.hasTest(directory, state));
    }
    var text = Files.readString(file);
    Files.writeString(file, text.substring(0, text.length() - 1));
    assertFalse(Metrics.hasTest(directory, state), "a line that was torn");
    Files.writeString(file, "\n", StandardOpenOption.APPEND);
    assertTrue(Metrics.hasTest(directory, state));
    assertNotEquals(0, state.metricsBytes);
  }

  private static StepReport step(long number, double loss, boolean skipped) {
    return new StepReport(
        1, number, 10, 8, loss, loss, loss, loss, loss, 0.5, loss, skipped, 100, 1000, 2000);
  }
}
