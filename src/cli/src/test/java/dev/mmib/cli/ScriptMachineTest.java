package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.cli.ScriptRows.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script on machines that differ: terminals, locales, folders that are missing, no memory. */
@Tag("script")
@DisabledOnOs(OS.WINDOWS)
class ScriptMachineTest {

  private static final String TRAIN =
      "\"$MMIB\" train --task ner --data \"$DATA\" --out new $TINY --set epochs=1 ";
  private static final String LARGE =
      "\"$MMIB\" train --task ner --data \"$DATA\" --out new --text-only --device java"
          + " --set bert.layers=12 --set bert.hidden=768 --set bert.heads=12";
  private static final String PREDICT = "\"$MMIB\" predict --model \"$MODEL\" --text a ";
  private static final String ON_TERMINAL = "MMIB_JAVA_OPTS=-Dmmib.terminal=true ";
  private static final String RESULT = "device .*\nmodel .*\n";
  private static final String FOUND = "[A-Z]+ +0\\.\\d+  0:1  a\n|";
  private static final String NO_HOME = "-Duser.home=/proc/none";
  private static final String NO_TEMP = "-Djava.io.tmpdir=/proc/none";

  private static final List<Row> ROWS =
      List.of(
          new Row("L10a dumb", ON_TERMINAL + "TERM=dumb " + TRAIN, 0, RESULT, "epoch 1 "),
          new Row(
              "L10b NO_COLOR", ON_TERMINAL + "TERM=xterm NO_COLOR=1 " + TRAIN, 0, RESULT, "epoch"),
          new Row("L10c CI", ON_TERMINAL + "TERM=xterm CI=true " + TRAIN, 0, RESULT, "epoch 1 "),
          new Row(
              "L10d one column", ON_TERMINAL + "TERM=xterm COLUMNS=1 " + TRAIN, 0, RESULT, "epoch"),
          new Row("L10e no terminal", "TERM=xterm " + TRAIN, 0, RESULT, "epoch 1 "),
          new Row("L14a no HOME", "unset HOME;" + PREDICT + "--device cpu", 0, FOUND, "device cpu"),
          new Row(
              "L14b no home folder",
              "MMIB_JAVA_OPTS=" + NO_HOME + " " + PREDICT + "--device cpu",
              0,
              FOUND,
              "device cpu"),
          new Row(
              "L14c no temporary folder",
              "MMIB_JAVA_OPTS=" + NO_TEMP + " " + PREDICT + "--device cpu",
              0,
              FOUND,
              "device cpu"),
          new Row(
              "L14d neither",
              "MMIB_JAVA_OPTS='" + NO_HOME + " " + NO_TEMP + "' " + PREDICT + "--device cpu",
              1,
              "-Dorg.bytedeco.javacpp.cachedir="),
          new Row(
              "L14e neither, and the folder is named",
              "MMIB_JAVA_OPTS=\""
                  + NO_HOME
                  + " "
                  + NO_TEMP
                  + " -Dorg.bytedeco.javacpp.cachedir=cache\" "
                  + PREDICT
                  + "--device cpu",
              0,
              FOUND,
              "device cpu"),
          new Row(
              "L14f auto says why it does without",
              "MMIB_JAVA_OPTS='" + NO_HOME + " " + NO_TEMP + "' " + PREDICT,
              0,
              FOUND,
              "device java .*cpu: oneDNN does not load"),
          new Row(
              "L15a no memory",
              "MMIB_JAVA_OPTS=-Xmx64m " + LARGE,
              1,
              "MMIB-5201: .* needs [\\d.]+ GiB on java, .* are there"),
          new Row(
              "L15b no memory, from elsewhere",
              "JAVA_TOOL_OPTIONS=-Xmx64m " + LARGE,
              1,
              "MMIB-5201: .* needs [\\d.]+ GiB on java, .* are there"));

  private static final List<String> LOCALES =
      List.of(
          "LANG=C LC_ALL=C",
          "LANG=POSIX LC_ALL=POSIX TZ=Asia/Kathmandu",
          "LC_ALL=tr_TR.UTF-8 MMIB_JAVA_OPTS='-Duser.language=tr -Duser.country=TR'",
          "LC_ALL=ar_EG TZ=Pacific/Kiritimati MMIB_JAVA_OPTS='-Duser.language=ar -Duser.country=EG'",
          "LC_ALL=de_DE.ISO-8859-1 MMIB_JAVA_OPTS='-Duser.language=de -Duser.timezone=Nowhere/Odd'");

  @TempDir static Path directory;
  private static ScriptRows rows;

  @BeforeAll
  static void prepare() throws IOException {
    rows = ScriptRows.in(directory);
  }

  @AfterAll
  static void end() {
    rows.close();
  }

  @TestFactory
  Stream<DynamicTest> endsAsTheTableSays() {
    return rows.tests(ROWS);
  }

  /** L10: what the rows above would look like without their variable. */
  @Test
  void drawsABarOnATerminal() {
    var ran = rows.run("bar", ON_TERMINAL + "TERM=xterm " + TRAIN + "--progress bar");
    assertEquals(0, ran.status(), ran.err());
    assertTrue(ran.err().contains("\r"), ran.err());
  }

  /** L11. */
  @TestFactory
  Stream<DynamicTest> writesTheSameBytesInEveryLocale() {
    var line =
        "\"$MMIB\" predict --model \"$MODEL\" --device java --text 'Ilık İSTANBUL ☃ alice' --json"
            + " && \"$MMIB\" evaluate --model \"$MODEL\" --data \"$DATA\" --device java --json"
            + " --report report.html && grep -v '<dt>date<' report.html";
    var usual = rows.run("usual", line);
    assertEquals(0, usual.status(), usual.err());
    assertTrue(usual.out().contains("\"f1\":") && usual.out().contains("<html"), usual.out());
    return LOCALES.stream()
        .map(
            locale ->
                DynamicTest.dynamicTest(
                    "L11 " + locale,
                    () -> {
                      var id = "locale" + LOCALES.indexOf(locale);
                      var ran = rows.run(id, "export " + locale + "; " + line);
                      assertEquals(0, ran.status(), ran.err());
                      assertEquals(usual.out(), ran.out());
                    }));
  }

  /** L13. */
  @Test
  void saysHelpAndVersionWithoutTheEngine() throws IOException {
    var needless =
        Pattern.compile(
            " (org\\.bytedeco|org\\.nd4j|ch\\.qos\\.logback|javax\\.imageio|java\\.awt"
                + "|dev\\.mmib\\.(cpu|nd4j|tensor|op|nn|bert|resnet|backend\\.(java|host)))\\.");
    var file = directory.resolve("classes");
    for (var arguments : List.of("--version", "--help", "train --help", "predict --help")) {
      var log = "MMIB_JAVA_OPTS=-Xlog:class+load:file=" + file + " ";
      var ran = rows.run("help", log + "\"$MMIB\" " + arguments);
      assertEquals(0, ran.status(), ran.err());
      assertEquals("", ran.err());
      var loaded = Files.readString(file);
      assertTrue(loaded.contains(" dev.mmib.cli.Mmib "), "classes were logged");
      var found = needless.matcher(loaded);
      assertTrue(!found.find(), () -> arguments + " loads" + found.group());
      if (!arguments.contains(" ")) {
        assertTrue(!loaded.contains("mmib.cli.TrainCommand "), arguments + " builds a command");
      }
    }
  }
}
