package dev.mmib.jmh.mmib;

import dev.mmib.bert.BertConfig;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.MadePosts;
import dev.mmib.jmh.mmib.FirstExtraction.Stage;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.Task;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How long a fresh process takes to its first extraction, with the small model that training makes
 * where no encoder is given; or only to the end of a stage before.
 *
 * <p>What is neither natives nor weights is the first line of an empty program, and what the
 * extraction takes after loading.
 */
public final class MmibStart implements Contender {

  private final Path directory;
  private final List<String> command;
  private final Stage stage;
  private @Nullable Process running;

  private MmibStart(Stage stage, int threads) throws IOException {
    this.stage = stage;
    directory = Files.createTempDirectory("mmib-benchmark-start");
    var model = directory.resolve("model");
    MadeModel.write(model, MmibConfig.of(Task.NER), BertConfig.of(1000, 96, 2, 4, 384));
    var picture = directory.resolve("picture.jpg");
    Files.write(picture, MadePosts.jpeg(640, 480, 1));
    command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            // How an application logs is its own affair; Logback reads its settings for 0.15 s.
            "-Dslf4j.provider=org.slf4j.helpers.NOP_FallbackServiceProvider",
            "-cp",
            System.getProperty("java.class.path"),
            FirstExtraction.class.getName(),
            stage.name(),
            Integer.toString(threads),
            model.toString(),
            MadePosts.post(0).text(),
            picture.toString());
  }

  /** To the first extraction. */
  public static Contender firstExtraction(int threads) throws IOException {
    return new MmibStart(Stage.EXTRACTION, threads);
  }

  /** To the loaded model. */
  public static Contender loading(int threads) throws IOException {
    return new MmibStart(Stage.LOADING, threads);
  }

  /** To the open device. */
  public static Contender natives(int threads) throws IOException {
    return new MmibStart(Stage.NATIVES, threads);
  }

  /** To the first line of a program. */
  public static Contender nothing(int threads) throws IOException {
    return new MmibStart(Stage.NOTHING, threads);
  }

  @Override
  public void run() {
    try {
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      running = process;
      var lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      var said = new StringBuilder();
      for (var line = lines.readLine(); ; line = lines.readLine()) {
        if (line == null) {
          throw new IllegalStateException("start: the process ended early: " + said);
        }
        if (line.equals(FirstExtraction.DONE)) {
          return;
        }
        said.append(line).append('\n');
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void between() {
    var process = running;
    if (process != null) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
  }

  @Override
  public float[] result() {
    return NO_RESULT;
  }

  @Override
  public String description() {
    return "a fresh Java " + Runtime.version() + " to " + stage.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void close() {
    between();
    MadePosts.delete(directory);
  }
}
