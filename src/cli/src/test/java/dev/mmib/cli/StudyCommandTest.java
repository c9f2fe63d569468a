package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.cli.study.Plan;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.model.Task;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command on a handful of posts: both tasks, another device, and going on. */
class StudyCommandTest {

  private static final Plan PLAN =
      new Plan(
          List.of(Task.NER, Task.RE),
          2,
          new Plan.Sizes(24, 8, 12, 1, 1),
          List.of(0.0),
          List.of(),
          List.of(),
          List.of("java"));

  @TempDir Path directory;

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final ByteArrayOutputStream told = new ByteArrayOutputStream();

  private int study(String... more) {
    var console = new Console(new ByteArrayInputStream(new byte[0]), printed, told, false);
    var command = new StudyCommand(console);
    var line = new CommandLine(command);
    var arguments = new ArrayList<>(List.of(more));
    arguments.addAll(List.of("--out", directory.toString(), "--device", "java", "--json"));
    line.parseArgs(arguments.toArray(String[]::new));
    int status = command.run(PLAN);
    console.flush();
    return status;
  }

  @Test
  void leavesADirectoryAloneThatIsNotItsOwn() throws IOException {
    var mine = Files.createDirectories(directory.resolve("data")).resolve("train.txt");
    Files.writeString(mine, "a week's work");
    var e = assertThrows(MmibException.class, this::study);
    assertEquals(ErrorCode.OUTPUT_EXISTS, e.code());
    assertEquals("a week's work", Files.readString(mine));
  }

  @Test
  void runsThePlanThenHasNothingLeftToDo() throws IOException {
    assertEquals(0, study());
    var result = printed();
    assertEquals((2 * 4 + 2) * 2, result.integer("runs"));
    assertTrue(result.bool("complete"));
    assertEquals("java", result.string("device"));
    var ner = result.object("tasks").object("ner");
    assertTrue(ner.has("noise") && ner.has("worth") && ner.has("growth"), result.toString());
    // The same device twice: the same to the last bit, which is no difference.
    var re = result.object("tasks").object("re");
    assertTrue(re.object("devicesDoNotDiffer").bool("java − java"));
    var page = Files.readString(Path.of(result.string("report")));
    assertTrue(page.contains("java − java: 0.000 [0.000, 0.000]"), page);
    assertTrue(Files.exists(directory.resolve("re-devices.png")));

    var refused = assertThrows(MmibException.class, this::study);
    assertEquals(ErrorCode.OUTPUT_EXISTS, refused.code());

    printed.reset();
    told.reset();
    assertEquals(0, study("--resume"));
    assertEquals("", told.toString(StandardCharsets.UTF_8));
    assertEquals(result.object("tasks"), printed().object("tasks"));
  }

  private JsonObject printed() {
    return Json.parse(printed.toString(StandardCharsets.UTF_8), "standard output").asObject();
  }
}
