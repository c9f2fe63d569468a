package dev.mmib.jmh;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process with one contender that works when it is told to, so that engines share neither thread
 * pools nor caches nor code that was compiled for both.
 *
 * <p>It reads commands from its input, a line each: {@code warm NANOSECONDS}, {@code turn
 * NANOSECONDS}, and answers by lines that begin with {@link #MARK}. Its input's end is its own.
 */
final class ContenderProcess {

  /** What tells answers from what natives print. */
  static final String MARK = "@mmib ";

  private static final int LEAST_WARM_RUNS = 2;
  private static final long SHORT_RUN = 200_000_000;

  private final Contender contender;
  private long lastRun;

  private ContenderProcess(Contender contender) {
    this.contender = contender;
  }

  /** Arguments: group, name, contender, threads, and the file that its result goes to. */
  public static void main(String[] arguments) throws Exception {
    var answers = System.out;
    System.setOut(System.err); // what engines log
    var workload = Workloads.find(arguments[0], arguments[1]);
    int threads = Integer.parseInt(arguments[3]);
    try (var contender = workload.open(arguments[2], threads)) {
      write(Path.of(arguments[4]), contender.result());
      contender.between();
      answers.println(MARK + contender.description());
      new ContenderProcess(contender).serve(answers);
    }
    System.exit(0); // whatever threads an engine keeps
  }

  private static void write(Path file, float[] values) throws IOException {
    var bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    Files.write(file, bytes.array());
  }

  private void serve(PrintStream answers) throws IOException {
    var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (var line = commands.readLine(); line != null; line = commands.readLine()) {
      var words = line.split(" ", -1);
      long nanos = Long.parseLong(words[1]);
      answers.println(MARK + (words[0].equals("warm") ? warm(nanos) : turn(nanos)));
    }
  }

  private String warm(long nanos) {
    long spent = 0;
    int runs = 0;
    while (spent < nanos || runs < LEAST_WARM_RUNS) {
      spent += timed();
      runs++;
    }
    return Integer.toString(runs);
  }

  /** The times of as many runs as fill the time, at least one, after some that wake the caches. */
  private String turn(long nanos) {
    if (lastRun < SHORT_RUN) {
      for (long spent = 0; spent < nanos / 8; ) {
        spent += timed();
      }
    }
    var times = new StringBuilder();
    for (long spent = 0; spent < nanos; ) {
      long time = timed();
      spent += time;
      times.append(times.isEmpty() ? "" : " ").append(time);
    }
    return times.toString();
  }

  private long timed() {
    long start = System.nanoTime();
    contender.run();
    lastRun = System.nanoTime() - start;
    contender.between();
    return lastRun;
  }
}
