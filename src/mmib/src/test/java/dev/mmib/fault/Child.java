package dev.mmib.fault;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A program in a Java process of its own, which can be killed. */
public final class Child implements AutoCloseable {

  private final Process process;
  private final BufferedReader output;
  private final List<String> lines = new ArrayList<>();

  private Child(Process process) {
    this.process = process;
    this.output = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Starts {@code program}'s main method, in a Java that is quick to start. */
  public static Child start(Class<?> program, String... arguments) throws IOException {
    return start(List.of(), program, arguments);
  }

  /** The same with options of its own for Java. */
  public static Child start(List<String> options, Class<?> program, String... arguments)
      throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-Djava.awt.headless=true",
                "-cp",
                System.getProperty("java.class.path")));
    command.addAll(options);
    command.add(program.getName());
    command.addAll(List.of(arguments));
    return new Child(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  public long pid() {
    return process.pid();
  }

  /** Waits for a line that begins so; null when the program ends without one. */
  public @Nullable String await(String start) throws IOException {
    for (var line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      if (line.startsWith(start)) {
        return line;
      }
    }
    return null;
  }

  /** Waits for its end; its exit status. */
  public int join() throws IOException, InterruptedException {
    await("\0");
    return process.waitFor();
  }

  /** SIGKILL, if it has not ended; returns when it is gone. */
  public void kill() throws IOException, InterruptedException {
    // Not of the process itself: that closes its output before it is read.
    process.toHandle().destroyForcibly();
    join();
  }

  /** Whether it still runs after so long. */
  public boolean runsAfter(long milliseconds) throws InterruptedException {
    return !process.waitFor(milliseconds, TimeUnit.MILLISECONDS);
  }

  /** What it has printed, as far as it was waited for. */
  public List<String> lines() {
    return List.copyOf(lines);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    kill();
    output.close();
  }
}
