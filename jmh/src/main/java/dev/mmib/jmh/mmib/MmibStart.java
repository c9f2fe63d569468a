package dev.mmib.jmh.mmib;

import dev.mmib.bert.BertConfig;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.MadePosts;
import dev.mmib.jmh.mmib.FirstExtraction.Stage;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.Task;
import dev.mmib.predict.Extractor;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How long a fresh process takes to its first extraction, with the small model that training makes
 * where no encoder is given; or only to the end of a stage before. It has on its class path what an
 * application has that uses the library on the device {@code cpu}, and logs nothing.
 *
 * <p>What is neither natives nor weights is the first line of an empty program, and what the
 * extraction takes after loading.
 */
public final class MmibStart implements Contender {

  /** How the names of jars begin that the library needs there. */
  private static final List<String> NEEDED =
      List.of(
          "mmib-0",
          "mmib-engine-",
          "mmib-cpu-",
          "slf4j-api-",
          "commons-",
          "imageio-",
          "common-",
          "javacpp-",
          "dnnl-",
          "opencl-");

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
            "-cp",
            classPath(),
            FirstExtraction.class.getName(),
            stage.name(),
            Integer.toString(threads),
            model.toString(),
            MadePosts.post(0).text(),
            picture.toString());
  }

  /** The program, whose own jar would bring all other contenders along, and the jars. */
  private String classPath() throws IOException {
    var entries = new ArrayList<String>();
    entries.add(directory.toString());
    for (var type : List.of(FirstExtraction.class, Stage.class)) {
      var name = type.getName().replace('.', '/') + ".class";
      var file = directory.resolve(name);
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      try (var content = type.getClassLoader().getResourceAsStream(name)) {
        Files.copy(Objects.requireNonNull(content, name), file);
      }
    }
    try (var jars = Files.list(libraries())) {
      jars.filter(jar -> NEEDED.stream().anyMatch(nameOf(jar)::startsWith))
          .sorted()
          .forEach(jar -> entries.add(jar.toString()));
    }
    return String.join(File.pathSeparator, entries);
  }

  private static String nameOf(Path file) {
    return Objects.requireNonNull(file.getFileName()).toString();
  }

  private static Path libraries() throws IOException {
    try {
      var jar = Extractor.class.getProtectionDomain().getCodeSource().getLocation();
      return Objects.requireNonNull(Path.of(jar.toURI()).getParent());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
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
