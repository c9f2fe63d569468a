package dev.mmib.cuda.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables say what was run and what was not. */
class ResultsTableTest {

  @TempDir Path folder;

  private List<String> lines() throws IOException {
    var bytes = new ByteArrayOutputStream();
    ResultsTable.print(folder, new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static Result result(String by, String what, String shape, String mode, double us) {
    return new Result(by, what, shape, "fp32", mode, us, us - 1, us + 1, 1_000_000);
  }

  @Test
  void nothingIsFilledInThatWasNotRun() throws IOException {
    var rows =
        lines().stream().filter(line -> line.contains("fp32") && line.contains("|")).toList();
    assertTrue(rows.size() > 40, rows.size() + " rows");
    for (var row : rows) {
      assertTrue(row.contains(Results.NOT_RUN), row);
      assertTrue(!row.contains("**"), row);
    }
  }

  @Test
  void sidesAreHeldAgainstEachOther() throws IOException {
    var shape = "8x12x80x80x64";
    Files.write(
        folder.resolve("ours.jsonl"),
        List.of(
            result("mmib", "attention forward", shape, "", 10).toJson(),
            result("mmib", "copy", "4096x768", "", 8).toJson(),
            result("mmib", "layer norm forward", "4096x768", "", 10).toJson()));
    Files.write(
        folder.resolve("peer.jsonl"),
        List.of(result("torch", "attention forward", shape, "FLASH_ATTENTION", 15).toJson()));
    Files.writeString(folder.resolve("steps.tsv"), "life\tpassed\t3\t7, 0, 0\n");
    var lines = lines();
    assertTrue(
        lines.contains(
            "| 8 × 12 × 80 × 80 × 64 | fp32 | forward | 10.0 (9.00 … 11.0) µs"
                + " | 15.0 (14.0 … 16.0) µs | flash | **1.50** |"),
        String.join("\n", lines));
    var norm =
        lines.stream().filter(line -> line.startsWith("| layer norm forward | 4096")).toList();
    assertEquals(1, norm.size());
    assertTrue(norm.get(0).contains("| 100 | **0.80** of 125 |"), norm.get(0));
    assertTrue(
        lines.stream()
            .anyMatch(
                line -> line.startsWith("| life") && line.endsWith("| passed | 7, 0, 0 | 3 |")));
  }

  @Test
  void aLineOfJsonIsReadAsItWasWritten() {
    var one = result("mmib", "AdamW", "bert-base", "", 12.5);
    assertEquals(one, Result.parse(one.toJson(), "here"));
    assertEquals(80, one.gigabytesPerSecond(), 1e-9);
  }
}
