package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Rows C08 to C10 and C16 of the catalogue: a config.json as a text, and what it must not tell. */
class ConfigTextTableTest {

  private static final String NONE = "no place";

  @TempDir Path dir;

  private static Arguments row(String id, UnaryOperator<String> change, String place, String what) {
    return bytes(id, text -> change.apply(text).getBytes(StandardCharsets.UTF_8), place, what);
  }

  private interface Bytes {
    byte[] of(String text);
  }

  private static Arguments bytes(String id, Bytes change, String place, String what) {
    return Arguments.of(id, change, place, what);
  }

  /** A member in the first line, behind the brace. */
  private static Arguments first(String id, String member, String place, String what) {
    return row(id, text -> "{" + member + "," + text.substring(1), place, what);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        first("C08a: NaN", "\"x\": NaN", "line 1:7", "expected a value"),
        first("C08b: Infinity", "\"x\": Infinity", "line 1:7", "expected a value"),
        first("C08c: -Infinity", "\"x\": -Infinity", "line 1:8", "expected a digit"),
        first("C08d: a line's comment", "// x\n\"x\": 1", "line 1:2", "a key in double quotes"),
        first("C08e: a comment", "/* x */ \"x\": 1", "line 1:2", "a key in double quotes"),
        first("C08f: a hash", "# x\n\"x\": 1", "line 1:2", "a key in double quotes"),
        first(
            "C08g: a trailing comma", "\"x\": {\"y\": 1,}", "line 1:15", "a key in double quotes"),
        first("C08h: one in an array", "\"x\": [1,]", "line 1:10", "expected a value"),
        row(
            "C08i: one at the end",
            text -> text.strip().replaceFirst("}$", ",}"),
            "line 24:2",
            "a key in double quotes"),
        first("C08j: single quotes", "'x': 1", "line 1:2", "a key in double quotes"),
        first("C08k: a bare key", "x: 1", "line 1:2", "a key in double quotes"),
        first("C08l: hexadecimal", "\"x\": 0x10", "line 1:8", "expected '}'"),
        first("C08m: a plus", "\"x\": +1", "line 1:7", "expected a value"),
        first("C08n: a leading zero", "\"x\": 01", "line 1:7", "a leading zero"),
        first("C08o: True", "\"x\": True", "line 1:7", "expected a value"),
        charset("C09b: UTF-16 with a mark", StandardCharsets.UTF_16, "byte 0", "UTF-16"),
        charset("C09c: UTF-16LE without", StandardCharsets.UTF_16LE, "byte 12", "UTF-16"),
        charset("C09d: UTF-16BE without", StandardCharsets.UTF_16BE, "byte 13", "UTF-16"),
        bytes(
            "C09l: UTF-16LE without, ASCII only",
            text -> text.getBytes(StandardCharsets.UTF_16LE),
            "byte 0",
            "is UTF-16"),
        charset("C09e: Latin-1", StandardCharsets.ISO_8859_1, "byte 6", "is not UTF-8"),
        row("C09f: empty", text -> "", NONE, "the file is empty"),
        row("C09g: only spaces", text -> " \n\t \n", NONE, "the file is empty"),
        row("C09h: two documents", text -> "{}{}", "line 1:3", "after the end of the document"),
        row("C09i: two marks", text -> "\uFEFF\uFEFF" + text, "line 1:1", "expected a value"),
        row("C09j: an array", text -> "[" + text + "]", "line 1:1", "expected an object"),
        row("C09k: cut", text -> text.substring(0, 300), "line 13:30", "unexpected end"),
        row(
            "C10a: more than 16 MB",
            text -> text + " ".repeat(16 << 20),
            NONE,
            "at most 16777216 are read"),
        row(
            "C10b: 10,000 deep",
            text -> "{\"x\": " + "[".repeat(10_000) + "]".repeat(10_000) + "}",
            "line 1:70",
            "nested more than 64 deep"),
        row(
            "C10c: a million keys",
            text ->
                IntStream.range(0, 1_000_000)
                    .mapToObj(i -> "\"" + i + "\":0")
                    .collect(Collectors.joining(",", "{", "}")),
            "line 1:\\d+",
            "more than 500000 keys"),
        first(
            "C10d: a string of 10 MB",
            "\"x\": \"" + "y".repeat(10 << 20) + "\"",
            "line 1:7",
            "8388608"),
        first(
            "C10e: a number of a million digits",
            "\"x\": " + "1".repeat(1_000_000),
            "line 1:7",
            "1000"),
        row(
            "C10f: three million values",
            text -> "{\"x\": [" + "0,".repeat(3_000_000) + "0]}",
            "line 1:\\d+",
            "more than 2000000 values"));
  }

  private static Arguments charset(String id, Charset charset, String place, String what) {
    return bytes(
        id, text -> text.replaceFirst("\\{", "{\"x\":\"é\",").getBytes(charset), place, what);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refuses(String id, Bytes change, String place, String what) throws IOException {
    var model = TinyBert.in(dir);
    model.config(change.of(model.config()));
    var e = assertThrows(MmibException.class, () -> HuggingFaceDirectory.open(dir));
    assertEquals(ErrorCode.CONFIG, e.code(), e.toString());
    assertEquals(dir.resolve("config.json").toString(), e.file());
    assertTrue((e.position() == null ? NONE : e.position()).matches(place), e::toString);
    assertTrue(e.what().contains(what), e::toString);
  }

  @Test
  void c09aSkipsAByteOrderMark() throws IOException {
    var model = TinyBert.in(dir);
    model.config("\uFEFF" + model.config());
    assertEquals(32, HuggingFaceDirectory.open(dir).config().hiddenSize());
  }

  @Test
  void c16NeitherLogsNorCopiesThePathThatAModelCameFrom() throws IOException {
    var model = TinyBert.in(dir);
    model.set("_name_or_path", "\"/home/someone/secret\"");
    model.write("tokenizer_config.json", "{\"name_or_path\": \"/home/someone/secret\"}");
    model.set("auto_map", "{}");
    var events = new ListAppender<ILoggingEvent>();
    var logger = (Logger) LoggerFactory.getLogger("dev.mmib");
    var before = logger.getLevel();
    events.start();
    logger.addAppender(events);
    logger.setLevel(Level.TRACE);
    try {
      var directory = HuggingFaceDirectory.open(dir);
      var tokenizer = directory.tokenizer();
      directory.weights().close();
      var copy = Files.createDirectory(dir.resolve("copy"));
      tokenizer.save(copy);
      Files.writeString(copy.resolve("config.json"), Json.write(directory.config().toJson()));
      try (var files = Files.list(copy)) {
        for (var file : files.toList()) {
          assertFalse(Files.readString(file).contains("secret"), file.toString());
        }
      }
      model.set("hidden_size", "0");
      var e = assertThrows(MmibException.class, () -> HuggingFaceDirectory.open(dir));
      assertFalse(e.toString().contains("secret"), e.toString());
    } finally {
      logger.detachAppender(events);
      logger.setLevel(before);
    }
    assertFalse(events.list.isEmpty());
    events.list.forEach(
        event -> assertFalse(String.valueOf(event.getFormattedMessage()).contains("secret")));
  }
}
