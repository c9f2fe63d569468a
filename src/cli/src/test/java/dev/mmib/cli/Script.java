package dev.mmib.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The script {@code mmib}, run as a process; it builds what is not yet packaged. */
final class Script {

  private static final long PATIENCE_SECONDS = 120;

  private final Path script;

  private Script(Path script) {
    this.script = script;
  }

  /** The one at the root, or that of the property {@code mmib.script}. */
  static Script find() {
    var root = System.getProperty("mmib.root", "../..");
    return new Script(Path.of(System.getProperty("mmib.script", root + "/mmib")).toAbsolutePath());
  }

  /**
   * A process of a line of shell, in which {@code $MMIB} is the script.
   *
   * @param directory in which it runs, and which receives what it writes
   * @param environment further variables
   */
  ProcessBuilder shell(Path directory, String line, Map<String, String> environment) {
    var builder =
        new ProcessBuilder(List.of("sh", "-c", line))
            .directory(directory.toFile())
            .redirectOutput(directory.resolve("stdout").toFile())
            .redirectError(directory.resolve("stderr").toFile());
    var variables = builder.environment();
    variables.keySet().removeIf(name -> name.startsWith("MMIB_") || name.equals("COLUMNS"));
    variables.putAll(environment);
    variables.put("MMIB", script.toString());
    variables.put("JAVA_HOME", System.getProperty("java.home"));
    return builder;
  }

  /** Runs a line of shell to its end. */
  Ran run(Path directory, String line, Map<String, String> environment) {
    try {
      Files.createDirectories(directory);
      return ended(shell(directory, line, environment).start(), directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for a process of {@link #shell}. */
  static Ran ended(Process process, Path directory) throws IOException {
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        throw new AssertionError(
            "no end within " + PATIENCE_SECONDS + " s: " + Files.readString(err(directory)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
      throw new AssertionError("interrupted", e);
    }
    return new Ran(
        process.exitValue(),
        Files.readString(directory.resolve("stdout"), StandardCharsets.UTF_8),
        Files.readString(err(directory), StandardCharsets.UTF_8));
  }

  /** What a process has said so far. */
  static Path err(Path directory) {
    return directory.resolve("stderr");
  }
}
