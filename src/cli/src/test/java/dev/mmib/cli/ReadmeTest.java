package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java that the README shows, compiled and run as it stands there. */
class ReadmeTest {

  private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @TempDir Path directory;

  @Test
  void showsJavaThatRunsAndPrintsWhatItSays() throws Exception {
    var readme =
        Files.readString(Path.of(System.getProperty("mmib.root", "../..")).resolve("README.md"));
    var snippets = SNIPPET.matcher(readme).results().map(found -> found.group(1)).toList();
    assertEquals(1, snippets.size(), "each snippet needs a run of its own");
    train();
    ToyFiles.picture(directory.resolve("photo.jpg"));
    var printed = run(snippets.get(0)).lines().toList();
    // The score depends on the model, the rest on the sentence that it was trained on.
    assertEquals(2, printed.size(), printed.toString());
    assertTrue(
        printed
            .get(0)
            .matches(
                "Entity\\[type=PER, text=Kevin Durant, start=0, end=12, score=[01]\\.\\d\\d\\]"),
        printed.toString());
    assertTrue(
        readme.contains("// Entity[type=PER, text=Kevin Durant, start=0, end=12, score="),
        "what the README says is printed");
  }

  private void train() throws IOException {
    var data = Files.createDirectories(directory.resolve("data"));
    var post = "IMGID:1\nKevin\tB-PER\nDurant\tI-PER\nenters\tO\nOracle\tB-LOC\nArena\tI-LOC\n\n";
    for (var split : List.of("train", "valid")) {
      Files.writeString(data.resolve(split + ".txt"), post.repeat(24));
    }
    var arguments = new ArrayList<>(List.of("train", "--task", "ner", "--text-only"));
    arguments.addAll(List.of("--data", data.toString(), "--device", "java", "--progress", "none"));
    arguments.addAll(List.of("--out", directory.resolve("out").toString(), "--set", "epochs=8"));
    arguments.addAll(ToyFiles.QUICK);
    var trained = Ran.mmib(arguments.toArray(String[]::new));
    assertEquals(0, trained.status(), trained.err());
    Files.move(directory.resolve("out/model"), directory.resolve("model"));
  }

  /** What the snippet prints, run in the directory that has the model and the photograph. */
  private String run(String snippet) throws IOException, InterruptedException {
    var source = directory.resolve("Snippet.java");
    Files.writeString(source, program(snippet));
    var classPath = System.getProperty("java.class.path");
    var compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "a JDK");
    int status =
        compiler.run(
            null, null, null, "-d", directory.toString(), "-cp", classPath, source.toString());
    assertEquals(0, status, "the README's Java does not compile");
    var builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                directory + File.pathSeparator + classPath,
                "Snippet")
            .directory(directory.toFile())
            .redirectError(directory.resolve("errors").toFile());
    builder.environment().put("OMP_WAIT_POLICY", "passive");
    var process = builder.start();
    var printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), () -> printed + errors());
    return printed;
  }

  private String errors() {
    try {
      return Files.readString(directory.resolve("errors"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static String program(String snippet) {
    var lines =
        snippet.lines().collect(Collectors.partitioningBy(line -> line.startsWith("import ")));
    return String.join("\n", lines.get(true))
        + "\npublic class Snippet {\n  public static void main(String[] args) throws Exception {\n"
        + String.join("\n", lines.get(false))
        + "\n  }\n}\n";
  }
}
