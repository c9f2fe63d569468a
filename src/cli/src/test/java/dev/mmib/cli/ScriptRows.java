package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** Rows of a table, each a line of shell around the script with what has to come of it. */
final class ScriptRows implements AutoCloseable {

  /**
   * One use of the command.
   *
   * @param id as the list of bad inputs has it, with a letter for the variant
   * @param line of shell; {@code $DATA} is a good data directory, {@code $MODEL} a trained model
   * @param status the exit code
   * @param out a pattern that all of standard output matches
   * @param err a pattern that is found in standard error
   */
  record Row(String id, String line, int status, String out, String err) {

    /** A row that prints no result. */
    Row(String id, String line, int status, String err) {
      this(id, line, status, "", err);
    }
  }

  private final Script script;
  private final Path directory;
  private final Map<String, String> variables;
  private final ExecutorService two = Executors.newFixedThreadPool(2);

  private ScriptRows(Script script, Path directory, Map<String, String> variables) {
    this.script = script;
    this.directory = directory;
    this.variables = variables;
  }

  /** With data and a model that each row may use. */
  static ScriptRows in(Path directory) throws IOException {
    var data = ToyFiles.ner(directory.resolve("data"), 12, 4);
    var out = directory.resolve("out");
    var words =
        Stream.of(
                Stream.of("train", "--task", "ner", "--data", data.toString()),
                Stream.of("--out", out.toString(), "--device", "java", "--text-only"),
                ToyFiles.QUICK.stream(),
                Stream.of("--set", "epochs=2", "--progress", "none"))
            .flatMap(part -> part)
            .toArray(String[]::new);
    var trained = Ran.mmib(words);
    assertEquals(0, trained.status(), trained.err());
    var variables =
        Map.of(
            "DATA", data.toString(),
            "MODEL", out.resolve("model").toString(),
            "TINY", String.join(" ", ToyFiles.QUICK) + " --text-only --device java");
    return new ScriptRows(Script.find(), directory, variables);
  }

  Script script() {
    return script;
  }

  Map<String, String> variables() {
    return variables;
  }

  /** A row's result, in a directory of its own. */
  Ran run(String id, String line) {
    return script.run(directory.resolve(id), line, variables);
  }

  /** The rows as tests, run two at a time. */
  Stream<DynamicTest> tests(List<Row> rows) {
    return rows.stream()
        .map(row -> new Started(row, two.submit(() -> run(row.id(), row.line()))))
        .toList()
        .stream()
        .map(started -> DynamicTest.dynamicTest(started.row().id(), started::check));
  }

  /** A row whose process runs, or waits for its turn. */
  private record Started(Row row, Future<Ran> ran) {

    void check() throws Exception {
      var result = ran.get();
      var said = row.line() + "\n" + result;
      assertEquals(row.status(), result.status(), said);
      assertTrue(Pattern.compile(row.out(), Pattern.DOTALL).matcher(result.out()).matches(), said);
      assertTrue(Pattern.compile(row.err()).matcher(result.err()).find(), said);
      requirePlain(result);
    }
  }

  /** No trace of the stack, nothing that moves a cursor. */
  static void requirePlain(Ran ran) {
    assertFalse(ran.err().contains("\tat ") || ran.err().contains("Exception in"), ran.err());
    assertTrue(
        (ran.out() + ran.err()).codePoints().noneMatch(c -> c < 32 && c != '\n'), ran.toString());
  }

  @Override
  public void close() {
    two.shutdownNow();
  }
}
