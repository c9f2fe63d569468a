package dev.mmib.jmh;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * A contender in a {@link ContenderProcess}, which is stopped while it is not its turn: threads
 * that spin while they wait for more would take the cores from the others.
 */
final class RemoteContender implements AutoCloseable {

  private static final long LONGEST_END_SECONDS = 20;
  private static final boolean STOPPABLE =
      !System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");

  private final String name;
  private final Process process;
  private final BufferedWriter commands;
  private final BufferedReader answers;
  private final String description;
  private final float[] result;

  /** Starts the process and waits until the contender is ready. */
  RemoteContender(Workload workload, String name, int threads) throws IOException {
    this.name = workload.path() + " by " + name;
    var output = Files.createTempFile("mmib-benchmark", ".f32");
    process = start(workload, name, threads, output);
    // A stopped process would stay for ever.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    commands =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    try {
      description = answer();
      result = floats(Files.readAllBytes(output));
    } finally {
      Files.delete(output);
    }
  }

  private static Process start(Workload workload, String name, int threads, Path output)
      throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add("-Xmx3g");
    for (var property : List.of("java.io.tmpdir", BertBase.DATA, TextWorkloads.DATA)) {
      var value = System.getProperty(property);
      if (value != null) {
        command.add("-D" + property + "=" + value);
      }
    }
    command.addAll(
        List.of(
            ContenderProcess.class.getName(),
            workload.group(),
            workload.name(),
            name,
            String.valueOf(threads),
            output.toString()));
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    // Not by an option: ONNX Runtime 1.29 crashes where the command line is longer than a page.
    builder.environment().put("CLASSPATH", classPath());
    builder.environment().put("RAYON_NUM_THREADS", String.valueOf(threads)); // of tokenizers
    return builder.start();
  }

  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .reduce((a, b) -> a + File.pathSeparator + b)
        .orElseThrow();
  }

  private static float[] floats(byte[] bytes) {
    var values = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  String description() {
    return description;
  }

  /** What it computed, or {@link Contender#NO_RESULT}. */
  float[] result() {
    return result;
  }

  /** Runs for so long, and twice at least, until code is compiled and memory is there. */
  void warm(long nanos) throws IOException {
    send("warm " + nanos);
    answer();
  }

  /** A turn of so long: the time of each run, in nanoseconds. */
  long[] turn(long nanos) throws IOException {
    send("turn " + nanos);
    return Arrays.stream(answer().split(" ", -1)).mapToLong(Long::parseLong).toArray();
  }

  /** Stops all its threads until the next {@link #go}. */
  void stop() throws IOException {
    signal("-STOP");
  }

  void go() throws IOException {
    signal("-CONT");
  }

  private void signal(String which) throws IOException {
    if (STOPPABLE) {
      var kill = new ProcessBuilder("kill", which, String.valueOf(process.pid())).start();
      if (waitFor(kill) != 0) {
        throw new IOException(name + ": cannot be signalled, it may have ended");
      }
    }
  }

  private static int waitFor(Process process) throws IOException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void send(String command) throws IOException {
    commands.write(command);
    commands.newLine();
    commands.flush();
  }

  private String answer() throws IOException {
    for (var line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith(ContenderProcess.MARK)) {
        return line.substring(ContenderProcess.MARK.length());
      }
      System.err.println(line);
    }
    throw new IOException(name + ": ended with status " + waitFor(process) + ", see above");
  }

  @Override
  public void close() throws IOException {
    if (process.isAlive()) {
      go();
    }
    commands.close(); // the end of its input
    try {
      if (!process.waitFor(LONGEST_END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
