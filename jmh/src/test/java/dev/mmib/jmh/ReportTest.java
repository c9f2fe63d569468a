package dev.mmib.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.io.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Results as a file and as a page. */
class ReportTest {

  private static final Workload.Maker NEVER_OPENED =
      threads -> {
        throw new IllegalStateException("opened");
      };

  @TempDir Path directory;

  private static JsonObject circumstances(String commit) {
    return new JsonObject()
        .put("date", "2026-11-28")
        .put("commit", commit)
        .put("processor", "a processor")
        .put("cores", 2L)
        .put("system", "a system")
        .put("java", "a machine")
        .put("threads", 2L)
        .put("rounds", 1L);
  }

  private static JsonObject workload(String name, long ours, long theirs) {
    var workload =
        Workload.of("made", name, 0).with("mmib", NEVER_OPENED).with("djl", NEVER_OPENED);
    var measured = new Measured(workload, 2);
    measured.add("mmib", "ours 1.0", 0);
    measured.add("djl", "theirs 2.0", 0);
    measured.turn("mmib", new long[] {ours});
    measured.turn("djl", new long[] {theirs});
    return measured.toJson();
  }

  @Test
  void keepsWhatOtherRunsMeasuredAndReplacesWhatIsMeasuredAgain() {
    var file = directory.resolve("results.json");
    Results.add(file, circumstances("a"), workload("x", 1_000_000, 2_000_000));
    Results.add(file, circumstances("a"), workload("y", 1_000_000, 3_000_000));
    Results.add(file, circumstances("b"), workload("x", 1_000_000, 5_000_000));
    var results = Results.read(file);
    assertEquals(
        List.of("a y", "b x"),
        results.runs().stream()
            .flatMap(
                run ->
                    run.workloads().stream()
                        .map(w -> run.circumstances().string("commit") + " " + w.string("name")))
            .toList());
    var text = Report.text(results);
    assertTrue(
        text.contains("| x | 1.00 ms (best 1.00 ms, 99 % in 1.00 ms) | **5.00** (5.00"), text);
    assertTrue(text.contains("**3.00**"), text);
    assertTrue(text.contains("2026-11-28, commit a, 1 rounds, 2 threads; 2026-11-28, commit b"));
    assertTrue(text.contains("* theirs 2.0\n"), text);
  }

  @Test
  void marksRatiosThatTheRoundsDoNotAgreeOn() {
    assertTrue(ratios(100, 125).contains("| **1.13** (1.00 .. 1.25)"), ratios(100, 125));
    assertTrue(ratios(100, 126).contains("| ≈ **1.13** (1.00 .. 1.26)"), ratios(100, 126));
    assertTrue(ratios(100, 100).contains("≈ a ratio whose most is over 1.25 times its least"));
  }

  /** The page of two rounds, in which ours takes 100 and theirs one of these. */
  private String ratios(long first, long second) {
    var workload = Workload.of("made", "x", 0).with("mmib", NEVER_OPENED).with("djl", NEVER_OPENED);
    var measured = new Measured(workload, 2);
    measured.add("mmib", "ours 1.0", 0);
    measured.add("djl", "theirs 2.0", 0);
    for (long theirs : new long[] {first, second}) {
      measured.turn("mmib", new long[] {100});
      measured.turn("djl", new long[] {theirs});
    }
    var file = directory.resolve("results-" + first + "-" + second + ".json");
    Results.add(file, circumstances("a"), measured.toJson());
    return Report.text(Results.read(file));
  }

  @Test
  void putsOneRunTogetherWhereNothingIsReplaced() {
    var file = directory.resolve("results.json");
    Results.add(file, circumstances("a"), workload("x", 1, 2));
    Results.add(file, circumstances("a"), workload("y", 1, 3));
    assertEquals(1, Results.read(file).runs().size());
  }

  @Test
  void leavesWhatPeopleWroteAroundTheMarks() {
    var page = "before\n" + Report.BEGIN + "\nold\n" + Report.END + "\nafter\n";
    var replaced = Report.replaced(page, "new\n");
    assertEquals("before\n" + Report.BEGIN + "\n\nnew\n" + Report.END + "\nafter\n", replaced);
    assertEquals(replaced, Report.replaced(replaced, "new\n"));
    assertThrows(IllegalArgumentException.class, () -> Report.replaced("no marks", "new\n"));
  }

  @Test
  void showsThreeDigitsOfATime() {
    assertEquals("437 µs", Report.time(0.4366));
    assertEquals("4.37 ms", Report.time(4.366));
    assertEquals("43.7 ms", Report.time(43.66));
    assertEquals("4366 ms", Report.time(4366));
  }

  @Test
  void drawsTheRatios() {
    var png = Chart.of(List.of(Scores.of(workload("x", 1_000_000, 2_000_000))));
    assertEquals("PNG", new String(png, 1, 3, java.nio.charset.StandardCharsets.US_ASCII));
  }
}
