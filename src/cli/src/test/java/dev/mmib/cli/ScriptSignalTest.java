package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signals to a training and to a prediction that runs as a process; two of them on one output. */
@Tag("script")
@DisabledOnOs(OS.WINDOWS)
class ScriptSignalTest {

  private static final long PATIENCE_MILLIS = 90_000;

  @TempDir static Path directory;
  private static ScriptRows rows;

  @BeforeAll
  static void prepare() throws IOException {
    rows = ScriptRows.in(directory);
  }

  @AfterAll
  static void end() {
    rows.close();
  }

  /** L09: once it has begun, and before its first step. */
  @ParameterizedTest
  @CsvSource({"INT,epoch 1 ", "TERM,epoch 1 ", "HUP,epoch 1 ", "INT,INFO  device"})
  void savesThenExitsWith130(String signal, String moment) throws Exception {
    var home = Files.createDirectories(directory.resolve(signal + moment.length()));
    var process = train(home);
    try {
      await(process, home, moment);
      send(process, signal);
      var ran = Script.ended(process, home);
      assertEquals(130, ran.status(), ran.toString());
      assertTrue(ran.err().contains("Stopping after this step"), ran.err());
      ScriptRows.requirePlain(ran);
    } finally {
      process.destroyForcibly();
    }
    var model = home.resolve("out/model").toString();
    var found = Ran.mmib("predict", "--model", model, "--text", "a", "--device", "java", "--json");
    assertEquals(0, found.status(), found.err());
  }

  /** L09: while it waits for input it cannot stop by itself. */
  @Test
  void stopsAtOnceAtTheSecondSignalAndLeavesNoOutput() throws Exception {
    var home = Files.createDirectories(directory.resolve("twice"));
    var process =
        start(home, "predict --model \"$MODEL\" --device java --input - --output found --json");
    try {
      await(process, home, "INFO  device");
      send(process, "INT");
      await(process, home, "Once more stops at once");
      assertTrue(process.isAlive(), "the first signal lets it finish");
      send(process, "INT");
      assertEquals(130, Script.ended(process, home).status());
    } finally {
      process.destroyForcibly();
    }
    assertFalse(Files.exists(home.resolve("found")));
  }

  /** L17. */
  @Test
  void refusesASecondTrainingInOneDirectory() throws Exception {
    var home = Files.createDirectories(directory.resolve("shared"));
    var process = train(home);
    try {
      await(process, home, "epoch 1 ");
      var second =
          rows.run("shared-second", "\"$MMIB\" " + train("../shared/out") + " --overwrite");
      assertEquals(2, second.status(), second.toString());
      assertTrue(second.err().contains("../shared/out: "), second.err());
      assertTrue(process.isAlive(), "the first goes on");
      send(process, "INT");
      assertEquals(130, Script.ended(process, home).status());
    } finally {
      process.destroyForcibly();
    }
  }

  /** L09: what was saved is gone on with, and that is interrupted in its turn. */
  @Test
  void goesOnAfterAnInterruption() throws Exception {
    var home = Files.createDirectories(directory.resolve("resumed"));
    for (var arguments : List.of(train("out"), train("out") + " --resume")) {
      var process = start(home, arguments);
      try {
        await(process, home, arguments.endsWith("--resume") ? "goes on after step" : "epoch 1 ");
        send(process, "INT");
        var ran = Script.ended(process, home);
        assertEquals(130, ran.status(), ran.toString());
      } finally {
        process.destroyForcibly();
      }
    }
  }

  private static Process train(Path home) throws IOException {
    return start(home, train("out"));
  }

  private static String train(String out) {
    return "train --task ner --data \"$DATA\" --out " + out + " $TINY --set epochs=10000";
  }

  /** Starts the script in the place of the shell, so that signals reach it. */
  private static Process start(Path home, String arguments) throws IOException {
    // Whoever runs this in the background has its children ignore SIGINT.
    var heeding = "env --default-signal=INT,TERM,HUP";
    Files.deleteIfExists(Script.err(home)); // of a process before
    var line =
        "if "
            + heeding
            + " true 2>/dev/null; then exec "
            + heeding
            + " \"$MMIB\" "
            + arguments
            + "; else exec \"$MMIB\" "
            + arguments
            + "; fi";
    return rows.script().shell(home, line, rows.variables()).start();
  }

  private static void send(Process process, String signal) throws Exception {
    var kill = List.of("kill", "-s", signal, Long.toString(process.pid()));
    assertEquals(0, new ProcessBuilder(kill).start().waitFor());
  }

  private static void await(Process process, Path home, String text) throws Exception {
    long end = System.currentTimeMillis() + PATIENCE_MILLIS;
    while (!Files.readString(Script.err(home)).contains(text)) {
      if (!process.isAlive() || System.currentTimeMillis() > end) {
        throw new AssertionError(text + " was not said: " + Files.readString(Script.err(home)));
      }
      Thread.sleep(20);
    }
  }
}
