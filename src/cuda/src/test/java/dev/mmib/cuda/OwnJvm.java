package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Tests in a JVM of their own: the libraries that stand in read their settings but once. */
final class OwnJvm {

  private static final long MINUTES = 10;

  private OwnJvm() {}

  /** A program that runs the test classes that are named; it ends with 1 unless all passed. */
  public static void main(String[] names) {
    var classes = Arrays.stream(names).map(DiscoverySelectors::selectClass).toList();
    var request = LauncherDiscoveryRequestBuilder.request().selectors(classes);
    var listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request.build(), listener);
    var summary = listener.getSummary();
    var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    summary.printFailuresTo(out, 20);
    summary.printTo(out);
    boolean passed =
        summary.getTotalFailureCount() == 0
            && summary.getTestsSucceededCount() > 0
            && summary.getTestsAbortedCount() == 0;
    System.exit(passed ? 0 : 1);
  }

  /**
   * Fails unless all tests pass there.
   *
   * @param folder for the log
   * @param libraries the system property that names the libraries
   */
  static void run(
      Path folder,
      List<String> options,
      Map<String, String> environment,
      String libraries,
      Class<?>... tests)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx1g");
    command.add("-Dmmib.cuda.libraries=" + System.getProperty(libraries));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), OwnJvm.class.getName()));
    Arrays.stream(tests).map(Class::getName).forEach(command::add);
    var log = folder.resolve("log").toFile();
    var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log);
    builder.environment().putAll(environment);
    var process = builder.start();
    boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
    process.destroyForcibly();
    assertEquals(0, ended ? process.exitValue() : -1, () -> tail(log));
  }

  private static String tail(File log) {
    try {
      var lines = Files.readAllLines(log.toPath());
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
