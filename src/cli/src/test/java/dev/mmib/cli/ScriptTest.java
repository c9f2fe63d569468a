package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code mmib} in a tree of its own, with a Maven that only pretends. */
@DisabledOnOs(OS.WINDOWS)
class ScriptTest {

  @TempDir Path directory;
  private Path root;
  private Path jar;

  @BeforeEach
  void plant() throws IOException {
    root = Files.createDirectories(directory.resolve("a tree\nof words"));
    var script = Path.of(System.getProperty("mmib.root", "../..")).resolve("mmib");
    Files.copy(script, root.resolve("mmib"));
    assertTrue(root.resolve("mmib").toFile().setExecutable(true));
    Files.createDirectories(root.resolve("src/cli/src/main/java"));
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    Files.writeString(root.resolve("src/cli/pom.xml"), "<project/>");
    Files.writeString(root.resolve("src/cli/src/main/java/A.java"), "class A {}");
    jar = root.resolve("src/cli/target/mmib.jar");
    var ready = jar(directory.resolve("ready.jar"));
    tool(
        "mvn",
        """
        #!/bin/sh
        echo "maven $*" >> '%s'
        [ ! -e '%s' ] || { echo "no compiler" >&2; exit 1; }
        mkdir -p src/cli/target/lib && cp '%s' src/cli/target/mmib.jar
        """
            .formatted(directory.resolve("calls"), directory.resolve("broken"), ready));
  }

  @Test
  void buildsOnceThenRunsWhatIsThere() throws Exception {
    var first = run(List.of("one"), Map.of());
    assertEquals(0, first.status(), first.err());
    assertEquals("<one>\nnull\n", first.out());
    assertTrue(first.err().contains("building for the first time: a minute"), first.err());
    var second = run(List.of("two"), Map.of());
    assertEquals("<two>\nnull\n", second.out());
    assertEquals("", second.err());
    assertEquals(1, builds());
  }

  @Test
  void buildsAnewAfterAChange() throws Exception {
    run(List.of(), Map.of());
    var later = FileTime.from(Instant.now().plusSeconds(60));
    Files.setLastModifiedTime(root.resolve("src/cli/src/main/java/A.java"), later);
    assertEquals("mmib: building …\n", run(List.of(), Map.of()).err());
    assertEquals(2, builds());
  }

  @Test
  void handsArgumentsAndExitCodeOnUnchanged() throws Exception {
    var odd = List.of("fail", "", "a  b", "*", "$HOME", "ünï", "new\nline", "-x", "@file", "\"q\"");
    for (var locale : List.of("C", "POSIX", "tr_TR.UTF-8")) {
      var ran = run(odd, Map.of("LANG", locale, "LC_ALL", locale));
      assertEquals(3, ran.status(), ran.err());
      var expected = new StringBuilder();
      odd.forEach(argument -> expected.append('<').append(argument).append(">\n"));
      assertEquals(expected + "null\n", ran.out(), locale);
    }
  }

  @Test
  void runsThroughALinkAndFromElsewhere() throws Exception {
    var link = Files.createSymbolicLink(directory.resolve("link"), root.resolve("mmib"));
    var ran = process(List.of(link.toString(), "x"), Map.of());
    assertEquals("<x>\nnull\n", ran.out(), ran.err());
  }

  @Test
  void givesJavaMoreOptions() throws Exception {
    var ran = run(List.of(), Map.of("MMIB_JAVA_OPTS", "-Dmmib.test=yes -Xmx64m"));
    assertEquals("yes\n", ran.out());
  }

  @Test
  void saysWhenTheBuildFailed() throws Exception {
    Files.createFile(directory.resolve("broken"));
    var ran = run(List.of("x"), Map.of());
    assertEquals(1, ran.status());
    assertEquals("", ran.out());
    assertTrue(ran.err().contains("no compiler") && ran.err().contains("failed"), ran.err());
    assertFalse(Files.exists(jar));
  }

  private long builds() throws IOException {
    return Files.readAllLines(directory.resolve("calls")).size();
  }

  private Ran run(List<String> arguments, Map<String, String> environment) throws Exception {
    var words = new ArrayList<>(List.of(root.resolve("mmib").toString()));
    words.addAll(arguments);
    return process(words, environment);
  }

  private Ran process(List<String> words, Map<String, String> environment) throws Exception {
    var out = directory.resolve("out");
    var err = directory.resolve("err");
    var builder =
        new ProcessBuilder(words)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("PATH", directory + ":" + System.getenv("PATH"));
    builder.environment().remove("MAVEN_OPTS");
    int status = builder.start().waitFor();
    return new Ran(
        status,
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private void tool(String name, String text) throws IOException {
    var file = Files.writeString(directory.resolve(name), text);
    assertTrue(file.toFile().setExecutable(true));
  }

  private static Path jar(Path file) throws IOException {
    var manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Echo.class.getName());
    var entry = Echo.class.getName().replace('.', '/') + ".class";
    try (var out = new JarOutputStream(Files.newOutputStream(file), manifest);
        var in = Echo.class.getResourceAsStream("/" + entry)) {
      out.putNextEntry(new JarEntry(entry));
      out.write(Objects.requireNonNull(in).readAllBytes());
    }
    return file;
  }
}
