package dev.mmib.cli.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Device;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A study of a handful of posts: its whole path, stopped, broken off and continued. */
class StudyTest {

  private static final Plan PLAN = plan(32);
  private static final int RUNS = 2 * 4;

  @TempDir Path directory;

  private final List<String> told = new ArrayList<>();

  private static Plan plan(int posts) {
    return new Plan(
        List.of(Task.RE),
        2,
        new Plan.Sizes(posts, 8, 16, 1, 1),
        List.of(0.0),
        List.of(),
        List.of(),
        List.of());
  }

  private Study study(Plan plan, int stopAfter) {
    return new Study(plan, directory, Device.of("java"), told::add, () -> told.size() >= stopAfter);
  }

  @Test
  void goesOnWhereItWasStoppedAndEndsAsIfItHadNotBeen() throws IOException {
    assertFalse(Study.existsIn(directory));
    var first = study(PLAN, 3).run();
    assertFalse(first.complete());
    assertEquals(3, first.runs());
    assertTrue(Study.existsIn(directory));
    var runs = directory.resolve("runs.jsonl");
    var three = Files.readString(runs);

    // As a crash in the midst of a line leaves it.
    Files.writeString(runs, three + three.substring(0, 40));
    told.clear();
    var second = study(PLAN, 100).run();
    assertTrue(second.complete());
    assertEquals(RUNS - 3, told.size());
    assertTrue(told.get(0).startsWith("4/8  re, noise 0, text only, seed 1: F1 "), told.get(0));
    var all = Files.readString(runs);
    assertTrue(all.startsWith(three), "finished runs stay");
    assertEquals(RUNS, all.lines().count());
    try (var left = Files.list(directory)) {
      assertEquals(
          List.of("runs.jsonl", "study.json"),
          left.map(path -> path.getFileName().toString()).sorted().toList(),
          "data and models are gone");
    }

    told.clear();
    study(PLAN, 100).run();
    assertEquals(List.of(), told, "nothing is left to do");

    // A run depends on its arm and seed, not on what ran before it.
    var again = directory.resolve("again");
    var whole = new Study(PLAN, again, Device.of("java"), told::add, () -> told.size() == 4);
    whole.run();
    var fourth = Files.readAllLines(again.resolve("runs.jsonl")).get(3);
    assertEquals(f1(all.lines().toList().get(3)), f1(fourth));

    var json = StudyReport.write(second, directory);
    assertEquals(RUNS, json.integer("runs"));
    assertTrue(Files.size(directory.resolve("re-noise.png")) > 1000);
    var page = Files.readString(directory.resolve("summary.md"));
    assertTrue(page.contains("8 of 8 runs on `java`, seeds 1 to 2; 32 posts"), page);
    assertTrue(page.contains("![re: F1 as pictures stray](re-noise.png)"), page);
  }

  private static double f1(String line) {
    return Json.parse(line, "runs.jsonl").asObject().number("f1");
  }

  @Test
  void refusesToMixRunsOfOtherSizes() {
    study(PLAN, 1).run();
    var refused = assertThrows(MmibException.class, () -> study(plan(40), 100).run());
    assertEquals(ErrorCode.OUTPUT_EXISTS, refused.code());
    assertTrue(String.valueOf(refused.getMessage()).contains("other sizes"), refused.toString());
  }

  @Test
  void onlyOneProcessWritesTheRuns() throws IOException {
    var file = directory.resolve("runs.jsonl");
    try (var held = RunLog.open(file)) {
      var refused = assertThrows(MmibException.class, () -> RunLog.open(file));
      assertEquals(ErrorCode.OUTPUT_EXISTS, refused.code());
      assertEquals(List.of(), held.outcomes());
    }
    Files.writeString(file, "{\"arm\": 3}\n");
    var broken = assertThrows(MmibException.class, () -> RunLog.open(file));
    assertTrue(String.valueOf(broken.getMessage()).contains("runs.jsonl"), broken.toString());
  }
}
