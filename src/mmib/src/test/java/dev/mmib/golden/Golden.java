package dev.mmib.golden;

import dev.mmib.error.ErrorCode;
import dev.mmib.io.InputFile;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.TestAbortedException;

/**
 * The directory of golden values: the system property {@code mmib.golden}, else the copy in the
 * test resources.
 */
public final class Golden {

  /** Every kind of group that this project knows. */
  private static final List<String> GROUPS =
      List.of(
          "ops",
          "crf",
          "losses",
          "optim",
          "bert-tiny",
          "bert-base",
          "resnet50",
          "tokenizer",
          "data",
          "image",
          "metrics",
          "mmib",
          "formats");

  private static final Pattern STRING_OR_NOT_FINITE =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"|-?Infinity|NaN");

  private Golden() {}

  /** The directory; a test fails if it has no group at all. */
  public static Path root() {
    var set = System.getProperty("mmib.golden", "");
    var root = set.isEmpty() ? copy() : fromRoot(set);
    if (GROUPS.stream().noneMatch(group -> Files.isDirectory(root.resolve(group)))) {
      Assertions.fail(root + ": no group of golden values in it, looked for " + GROUPS);
    }
    return root;
  }

  /** The copy in the test resources, for tests that need these very files. */
  public static Path copy() {
    var here = Golden.class.getResource("/golden/README.md");
    if (here == null) {
      return Assertions.fail("the test resources have no golden/README.md");
    }
    if (!here.getProtocol().equals("file")) {
      // Other modules have these tests as a jar; the files themselves lie in the sources.
      return fromRoot("src/mmib/src/test/resources/golden");
    }
    try {
      return Path.of(here.toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A path against the directory of the root pom. */
  public static Path fromRoot(String path) {
    var root = System.getProperty("mmib.root", "");
    return (root.isEmpty() ? Path.of(path) : Path.of(root).resolve(path))
        .toAbsolutePath()
        .normalize();
  }

  /** The directory of a group, such as {@code ops} or {@code formats/safetensors}. */
  public static Optional<Path> group(String name) {
    var group = root().resolve(name);
    return Files.isDirectory(group) ? Optional.of(group) : Optional.empty();
  }

  /** The directory of a group; the calling test is skipped, with a line, when it is missing. */
  public static Path require(String name) {
    return group(name).orElseGet(() -> skip("golden: no group '" + name + "' in " + root()));
  }

  /** A file of a group; the calling test is skipped, with a line, when it is missing. */
  public static Path file(String name) {
    var file = root().resolve(name);
    return Files.isRegularFile(file) ? file : skip("golden: no file '" + name + "' in " + root());
  }

  /** Ends the calling test as skipped. */
  public static <T> T skip(String why) {
    System.out.println("SKIPPED " + why);
    return Assumptions.abort(why);
  }

  /**
   * The tests that {@code factory} makes; one that is skipped where it skips, so that reports count
   * it.
   */
  public static Stream<DynamicTest> orSkipped(Supplier<Stream<DynamicTest>> factory) {
    try {
      return factory.get();
    } catch (TestAbortedException e) {
      return Stream.of(
          DynamicTest.dynamicTest(
              String.valueOf(e.getMessage()),
              () -> {
                throw e;
              }));
    }
  }

  /** The json files of a group, in the order of their names. */
  public static List<Path> jsonFiles(Path group) {
    try (Stream<Path> files = Files.list(group)) {
      return files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads JSON as Python writes it: NaN and the infinities become strings, which {@link #number}
   * understands.
   */
  public static JsonObject json(Path file) {
    var text = InputFile.text(file, 256 << 20, ErrorCode.DATA_FILE);
    var strict =
        STRING_OR_NOT_FINITE
            .matcher(text)
            .replaceAll(
                m ->
                    m.group().startsWith("\"")
                        ? java.util.regex.Matcher.quoteReplacement(m.group())
                        : "\"" + m.group() + "\"");
    return Json.parse(strict, file.toString(), ErrorCode.DATA_FILE).asObject();
  }

  /** A number, also one that is not finite. */
  public static double number(JsonValue value) {
    var text = value.toString();
    return text.startsWith("\"") ? Double.parseDouble(value.asString()) : value.asDouble();
  }
}
